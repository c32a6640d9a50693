/** Voyage's rerank: `top_k`, results under `data`, documents echoed as strings. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { querySchema } from '../../feedback/index.js';
import type { ServiceContext } from '../context.js';
import { typed } from '../server.js';
import {
  documentsSchema,
  errorsAs,
  type Rerank,
  refuseUncutByCloud,
  topSchema,
} from './dialect.js';

const detailSchema = z.object({ detail: z.string() }).meta({ id: 'VoyageError' });

const requestSchema = z
  .looseObject({
    model: z.string().max(200).optional(),
    query: querySchema,
    documents: documentsSchema,
    top_k: topSchema,
    return_documents: z.boolean().nullish(),
    truncation: z.boolean().nullish().describe('false refuses a pair that does not fit'),
  })
  .meta({ id: 'VoyageRerank' });

const answerSchema = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({ index: z.int(), relevance_score: z.number(), document: z.string().optional() }),
    ),
    model: z.string(),
    usage: z.object({ total_tokens: z.number() }),
  })
  .meta({ id: 'VoyageAnswer' });

export function voyageDialect(rerank: Rerank, context: ServiceContext) {
  return async (instance: FastifyInstance) => {
    errorsAs(instance, { body: detailSchema }, ({ status, message }) => ({
      status,
      body: { detail: message },
    }));
    typed(instance).post(
      '/voyage/v1/rerank',
      {
        config: { scope: 'rerank' },
        schema: {
          tags: ['dialects'],
          summary: "Rerank in Voyage's dialect",
          body: requestSchema,
          response: { 200: answerSchema, 429: detailSchema },
        },
      },
      async (request, reply) => {
        const { query, documents, top_k, return_documents, truncation } = request.body;
        if (truncation === false) refuseUncutByCloud(context, 'truncation');
        const call = {
          dialect: 'voyage',
          log: true,
          query,
          documents: documents.map((text) => ({ text })),
          topN: top_k ?? undefined,
          refuseTruncated: truncation === false,
        };
        const answer = await rerank(call, reply);
        return {
          object: 'list' as const,
          data: answer.results.map((result) => ({
            index: result.index,
            relevance_score: result.score,
            ...(return_documents && { document: result.text }),
          })),
          model: answer.model?.id ?? 'none',
          usage: { total_tokens: answer.usage.tokens },
        };
      },
    );
  };
}
