/** Cohere's rerank, v2 and v1; v1 answers as Jina and vLLM do as well. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { querySchema } from '../../feedback/index.js';
import { typed } from '../server.js';
import { documentsSchema, errorsAs, type Rerank, topSchema, warningsOf } from './dialect.js';
import { documentsOfFieldsSchema, echoOf, rankFieldsSchema, textsOf } from './documents.js';

const messageSchema = z.object({ message: z.string() }).meta({ id: 'CohereError' });

const maxTokens = z.int().min(1).max(1_000_000).nullish();

const requestV2 = z
  .looseObject({
    model: z.string().max(200).optional().describe('accepted; the live model answers'),
    query: querySchema,
    documents: documentsSchema,
    top_n: topSchema,
    max_tokens_per_doc: maxTokens,
  })
  .meta({ id: 'CohereV2Rerank' });

const meta = (version: string) =>
  z.object({
    api_version: z.object({ version: z.literal(version) }),
    billed_units: z.object({ search_units: z.number() }),
    tokens: z.object({ input_tokens: z.number() }),
    warnings: z.array(z.string()).optional(),
  });

const answerV2 = z
  .object({
    id: z.string(),
    results: z.array(z.object({ index: z.int(), relevance_score: z.number() })),
    meta: meta('2'),
  })
  .meta({ id: 'CohereV2Answer' });

const requestV1 = z
  .looseObject({
    model: z.string().max(200).optional(),
    query: querySchema,
    documents: documentsOfFieldsSchema,
    rank_fields: rankFieldsSchema,
    top_n: topSchema,
    return_documents: z.boolean().nullish(),
    max_tokens_per_doc: maxTokens,
  })
  .meta({ id: 'RerankV1' });

const answerV1 = z
  .object({
    id: z.string(),
    model: z.string(),
    results: z.array(
      z.object({
        index: z.int(),
        relevance_score: z.number(),
        document: z.looseObject({ text: z.string() }).optional(),
      }),
    ),
    usage: z.object({ prompt_tokens: z.number(), total_tokens: z.number() }),
    meta: meta('1'),
  })
  .meta({ id: 'RerankV1Answer' });

export function cohereDialect(rerank: Rerank) {
  return async (instance: FastifyInstance) => {
    errorsAs(instance, { body: messageSchema }, ({ status, message }) => ({
      status,
      body: { message },
    }));
    const app = typed(instance);
    for (const url of ['/v2/rerank', '/cohere/v2/rerank']) {
      app.post(
        url,
        {
          config: { scope: 'rerank' },
          schema: {
            tags: ['dialects'],
            summary: "Rerank in Cohere's v2 dialect",
            body: requestV2,
            response: { 200: answerV2, 429: messageSchema },
          },
        },
        async (request, reply) => {
          const { query, documents, top_n, max_tokens_per_doc } = request.body;
          const call = {
            dialect: 'cohere-v2',
            log: true,
            query,
            documents: documents.map((text) => ({ text })),
            topN: top_n ?? undefined,
            maxTokensPerDocument: max_tokens_per_doc ?? undefined,
          };
          const answer = await rerank(call, reply);
          return {
            id: answer.eventId,
            results: answer.results.map((result) => ({
              index: result.index,
              relevance_score: result.score,
            })),
            meta: {
              api_version: { version: '2' as const },
              billed_units: { search_units: 0 },
              tokens: { input_tokens: answer.usage.tokens },
              ...warningsOf(answer),
            },
          };
        },
      );
    }
    for (const url of ['/v1/rerank', '/rerank', '/cohere/v1/rerank', '/jina/v1/rerank']) {
      const isJina = url.startsWith('/jina');
      app.post(
        url,
        {
          config: { scope: 'rerank' },
          schema: {
            tags: ['dialects'],
            summary: isJina
              ? "Rerank in Jina's dialect"
              : 'Rerank as Cohere v1, Jina and vLLM have it',
            body: requestV1,
            response: { 200: answerV1, 429: messageSchema },
          },
        },
        async (request, reply) => {
          const { query, documents, rank_fields, top_n, max_tokens_per_doc, return_documents } =
            request.body;
          const call = {
            dialect: isJina ? 'jina' : 'v1',
            log: true,
            query,
            documents: textsOf(documents, rank_fields).map((text) => ({ text })),
            topN: top_n ?? undefined,
            maxTokensPerDocument: max_tokens_per_doc ?? undefined,
          };
          const answer = await rerank(call, reply);
          const echo = return_documents ?? isJina;
          const { tokens } = answer.usage;
          return {
            id: answer.eventId,
            model: answer.model?.id ?? 'none',
            results: answer.results.map((result) => ({
              index: result.index,
              relevance_score: result.score,
              ...(echo && { document: echoOf(documents[result.index], result.text) }),
            })),
            usage: { prompt_tokens: tokens, total_tokens: tokens },
            meta: {
              api_version: { version: '1' as const },
              billed_units: { search_units: 0 },
              tokens: { input_tokens: tokens },
              ...warningsOf(answer),
            },
          };
        },
      );
    }
  };
}
