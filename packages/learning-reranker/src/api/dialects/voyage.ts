/** Voyage AI's rerank API: `top_k`, results under `data`, documents returned as strings. */
import { z } from 'zod';
import { querySchema } from '../../feedback/schema.js';
import { defineDialect } from './dialect.js';
import {
  documentsSchema,
  exampleQuery,
  exampleTexts,
  modelSchema,
  refuseUncutByCloud,
  topSchema,
} from './fields.js';

export const voyage = defineDialect({
  name: 'voyage',
  vendors: ['Voyage AI'],
  summary: "Rerank in Voyage AI's format",
  paths: ['/voyage/v1/rerank'],
  requestSchema: z
    .looseObject({
      model: modelSchema,
      query: querySchema,
      documents: documentsSchema,
      top_k: topSchema,
      return_documents: z.boolean().nullish(),
      truncation: z
        .boolean()
        .nullish()
        .describe('If false, a pair that is longer than the model reads is an error.'),
    })
    .meta({ id: 'VoyageRerank' }),
  answerSchema: z
    .object({
      object: z.literal('list'),
      data: z.array(
        z.object({ index: z.int(), relevance_score: z.number(), document: z.string().optional() }),
      ),
      model: z.string(),
      usage: z.object({ total_tokens: z.number() }),
    })
    .meta({ id: 'VoyageAnswer' }),
  examples: {
    example: {
      summary: 'Rerank two documents',
      value: { query: exampleQuery, documents: exampleTexts, top_k: 10 },
    },
  },
  errors: {
    schema: z.object({ detail: z.string() }).meta({ id: 'VoyageError' }),
    format: ({ status, message }) => ({ status, body: { detail: message } }),
  },
  toCall: ({ query, documents, top_k, truncation }, context) => {
    if (truncation === false) refuseUncutByCloud(context, 'truncation');
    return {
      query,
      documents: documents.map((text) => ({ text })),
      topN: top_k ?? undefined,
      refuseTruncated: truncation === false,
    };
  },
  toAnswer: ({ results, model, usage }, { return_documents }) => ({
    object: 'list' as const,
    data: results.map(({ index, score, text }) => ({
      index,
      relevance_score: score,
      ...(return_documents && { document: text }),
    })),
    model: model?.id ?? 'none',
    usage: { total_tokens: usage.tokens },
  }),
});
