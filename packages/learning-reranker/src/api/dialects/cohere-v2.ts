/** Cohere's rerank API, version 2. */
import { z } from 'zod';
import { querySchema } from '../../feedback/schema.js';
import type { ErrorFormat } from '../refusals.js';
import { defineDialect } from './dialect.js';
import {
  documentsSchema,
  exampleQuery,
  exampleTexts,
  modelSchema,
  topSchema,
  warningsOf,
} from './fields.js';

export const maxTokensSchema = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullish()
  .describe('Maximum number of tokens that the model reads of each document.');

/** `meta` of a response, with the version of Cohere's API. */
export const metaSchema = <Version extends string>(version: Version) =>
  z.object({
    api_version: z.object({ version: z.literal(version) }),
    billed_units: z.object({ search_units: z.number() }),
    tokens: z.object({ input_tokens: z.number() }),
    warnings: z.array(z.string()).optional(),
  });

export const cohereErrors: ErrorFormat = {
  schema: z.object({ message: z.string() }).meta({ id: 'CohereError' }),
  format: ({ status, message }) => ({ status, body: { message } }),
};

export const cohereV2 = defineDialect({
  name: 'cohere-v2',
  vendors: ['Cohere v2'],
  summary: "Rerank in Cohere's v2 format",
  paths: ['/v2/rerank', '/cohere/v2/rerank'],
  requestSchema: z
    .looseObject({
      model: modelSchema,
      query: querySchema,
      documents: documentsSchema,
      top_n: topSchema,
      max_tokens_per_doc: maxTokensSchema,
    })
    .meta({ id: 'CohereV2Rerank' }),
  answerSchema: z
    .object({
      id: z.string(),
      results: z.array(z.object({ index: z.int(), relevance_score: z.number() })),
      meta: metaSchema('2'),
    })
    .meta({ id: 'CohereV2Answer' }),
  examples: {
    example: {
      summary: 'Rerank two documents',
      value: { query: exampleQuery, documents: exampleTexts, top_n: 10 },
    },
  },
  errors: cohereErrors,
  toCall: ({ query, documents, top_n, max_tokens_per_doc }) => ({
    query,
    documents: documents.map((text) => ({ text })),
    topN: top_n ?? undefined,
    maxTokensPerDocument: max_tokens_per_doc ?? undefined,
  }),
  toAnswer: (answer) => ({
    id: answer.eventId,
    results: answer.results.map(({ index, score }) => ({ index, relevance_score: score })),
    meta: {
      api_version: { version: '2' as const },
      billed_units: { search_units: 0 },
      tokens: { input_tokens: answer.usage.tokens },
      ...warningsOf(answer),
    },
  }),
});
