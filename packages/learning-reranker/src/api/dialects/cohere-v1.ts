/** Cohere's rerank API, version 1. Jina and vLLM use the same format. */
import { z } from 'zod';
import { querySchema } from '../../feedback/schema.js';
import { cohereErrors, maxTokensSchema, metaSchema } from './cohere-v2.js';
import { type Dialect, defineDialect } from './dialect.js';
import { exampleQuery, exampleTexts, modelSchema, topSchema, warningsOf } from './fields.js';
import { documentsSchema, echoOf, rankFieldsSchema, textsOf } from './object-documents.js';

const requestSchema = z
  .looseObject({
    model: modelSchema,
    query: querySchema,
    documents: documentsSchema,
    rank_fields: rankFieldsSchema,
    top_n: topSchema,
    return_documents: z.boolean().nullish(),
    max_tokens_per_doc: maxTokensSchema,
  })
  .meta({ id: 'RerankV1' });

const answerSchema = z
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
    meta: metaSchema('1'),
  })
  .meta({ id: 'RerankV1Answer' });

/** The format; `echoes` is the default of `return_documents`, in which the vendors differ. */
export function cohereV1Format({ echoes }: { readonly echoes: boolean }) {
  return {
    requestSchema,
    answerSchema,
    examples: {
      example: {
        summary: 'Rerank two documents and return their texts',
        value: {
          query: exampleQuery,
          documents: exampleTexts,
          top_n: 10,
          return_documents: true,
        },
      },
    },
    errors: cohereErrors,
    toCall: ({ query, documents, rank_fields, top_n, max_tokens_per_doc }) => ({
      query,
      documents: textsOf(documents, rank_fields).map((text) => ({ text })),
      topN: top_n ?? undefined,
      maxTokensPerDocument: max_tokens_per_doc ?? undefined,
    }),
    toAnswer: (answer, { documents, return_documents }) => {
      const { tokens } = answer.usage;
      return {
        id: answer.eventId,
        model: answer.model?.id ?? 'none',
        results: answer.results.map(({ index, score, text }) => ({
          index,
          relevance_score: score,
          ...((return_documents ?? echoes) && { document: echoOf(documents[index], text) }),
        })),
        usage: { prompt_tokens: tokens, total_tokens: tokens },
        meta: {
          api_version: { version: '1' },
          billed_units: { search_units: 0 },
          tokens: { input_tokens: tokens },
          ...warningsOf(answer),
        },
      };
    },
  } satisfies Partial<Dialect<typeof requestSchema, typeof answerSchema>>;
}

export const cohereV1 = defineDialect({
  name: 'v1',
  vendors: ['Cohere v1', 'vLLM'],
  summary: 'Rerank in the format of Cohere v1, Jina and vLLM',
  paths: ['/v1/rerank', '/rerank', '/cohere/v1/rerank'],
  ...cohereV1Format({ echoes: false }),
});
