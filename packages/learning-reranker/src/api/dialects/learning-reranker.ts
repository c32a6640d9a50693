/** The product's own rerank format: ids, search scores to blend, a deadline, and an event id for feedback. */
import { z } from 'zod';
import { settingDefinitions } from '../../config/index.js';
import { idSchema, querySchema } from '../../feedback/schema.js';
import { lossField } from '../fields.js';
import { defineDialect } from './dialect.js';
import { exampleQuery, exampleTexts, MOST_DOCUMENTS, textSchema, topSchema } from './fields.js';

const requestSchema = z
  .strictObject({
    query: querySchema,
    documents: z
      .array(
        z.union([
          textSchema.transform((text) => ({ text, id: undefined, score: undefined })),
          z.strictObject({
            text: textSchema,
            id: z.string().min(1).max(500).optional(),
            score: z.number().optional().describe('The score of your search engine, on any scale.'),
          }),
        ]),
      )
      .min(1)
      .max(MOST_DOCUMENTS)
      .superRefine((documents, context) => {
        const without = documents.findIndex(({ score }) => score === undefined);
        if (without < 0 || documents.every(({ score }) => score === undefined)) return;
        context.addIssue({
          code: 'custom',
          path: [without, 'score'],
          message: 'expected a score on every document or on none, because scores are blended',
        });
      }),
    top_n: topSchema,
    alpha: z
      .union([z.number().min(0).max(1), z.literal('auto')])
      .optional()
      .describe("The weight of the model's score against the search score."),
    deadline_ms: z
      .int()
      .min(1)
      .max(3_600_000)
      .optional()
      .describe('After this time, the response contains the original order.'),
    max_tokens_per_doc: z.int().min(1).optional(),
    raw_scores: z.boolean().default(false).describe('Also return the logits.'),
    log: z
      .boolean()
      .default(true)
      .describe('Log the results as an impression that feedback can refer to.'),
    client_id: idSchema.optional().describe('A pseudonym of the person or session that searches.'),
    user_id: idSchema.optional().describe("The user's id, by which their data can be erased."),
    application: z.string().max(100).optional(),
    test: z.boolean().optional().describe('Test traffic is logged, but never used for training.'),
  })
  .meta({ id: 'RerankRequest' });

const answerSchema = z
  .object({
    event_id: z.string().describe('The id that clicks and ratings of these results refer to.'),
    backend: settingDefinitions.backend.schema,
    model: z.string().nullable(),
    loss: lossField.nullable(),
    run_id: z.string().nullable(),
    alpha: z.number().nullable().describe('Null if the documents have no search scores.'),
    degraded: z.boolean().describe('Whether the model failed and this is the original order.'),
    reason: z.string().nullable(),
    results: z.array(
      z.object({
        index: z.int(),
        id: z.string().optional(),
        score: z
          .number()
          .describe(
            'From 0 to 1; results are sorted by it. Without a model, it falls from 1 in the given order.',
          ),
        relevance_score: z.number().nullable().describe("The model's score, from 0 to 1."),
        logit: z.number().nullable().optional(),
      }),
    ),
    usage: z.object({ pairs: z.int(), tokens: z.int(), truncated_pairs: z.int() }),
    milliseconds: z.object({
      queue: z.number(),
      tokenize: z.number(),
      inference: z.number(),
      total: z.number(),
    }),
  })
  .meta({ id: 'RerankAnswer' });

/** Milliseconds, rounded to microseconds. */
const rounded = (milliseconds: number) => Number(milliseconds.toFixed(3));

const [socketsText = '', datesText = ''] = exampleTexts;

export const learningReranker = defineDialect({
  name: 'api',
  tag: 'rerank',
  summary: 'Rerank documents',
  paths: ['/api/rerank'],
  requestSchema,
  answerSchema,
  examples: {
    plain: {
      summary: 'Rerank two texts',
      value: { query: exampleQuery, documents: exampleTexts },
    },
    blended: {
      summary: 'Blend the model with the search scores',
      value: {
        query: exampleQuery,
        documents: [
          { id: 'sockets.js', text: socketsText, score: 11.2 },
          { id: 'dates.js', text: datesText, score: 9.8 },
        ],
        top_n: 10,
        client_id: 'session-7',
      },
    },
    deadline: {
      summary: 'Return the original order after 200 ms',
      value: { query: exampleQuery, documents: exampleTexts, deadline_ms: 200 },
    },
  },
  toCall: (request) => ({
    log: request.log,
    query: request.query,
    documents: request.documents,
    topN: request.top_n ?? undefined,
    alpha: request.alpha,
    deadlineMs: request.deadline_ms,
    maxTokensPerDocument: request.max_tokens_per_doc,
    clientId: request.client_id,
    userId: request.user_id,
    application: request.application,
    test: request.test,
  }),
  toAnswer: ({ eventId, provider, model, alpha, degraded, ...answer }, { raw_scores }) => ({
    event_id: eventId,
    backend: provider,
    model: model?.id ?? null,
    loss: model?.loss ?? null,
    run_id: model?.runId ?? null,
    alpha,
    degraded: degraded !== null,
    reason: degraded,
    results: answer.results.map(({ index, id, score, relevanceScore, logit }) => ({
      index,
      ...(id !== undefined && { id }),
      score,
      relevance_score: relevanceScore,
      ...(raw_scores && { logit }),
    })),
    usage: {
      pairs: answer.usage.pairs,
      tokens: answer.usage.tokens,
      truncated_pairs: answer.usage.truncatedPairs,
    },
    milliseconds: {
      queue: rounded(answer.timings.queueMs),
      tokenize: rounded(answer.timings.tokenizeMs),
      inference: rounded(answer.timings.inferenceMs),
      total: rounded(answer.timings.totalMs),
    },
  }),
});
