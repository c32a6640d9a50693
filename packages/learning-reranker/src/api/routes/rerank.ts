/** The product's own rerank: documents with ids and search scores, blended, with the event to click on. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { querySchema } from '../../feedback/index.js';
import { answerRerank } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import { MOST_DOCUMENTS, textSchema, topSchema } from '../dialects/dialect.js';
import { errorSchema } from '../errors.js';
import { idSchema } from '../ids.js';
import { typed } from '../server.js';

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
            score: z.number().optional().describe("the search's score, on any scale"),
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
          message: "expected the search's score of every document or of none: they are blended",
        });
      }),
    top_n: topSchema,
    alpha: z
      .union([z.number().min(0).max(1), z.literal('auto')])
      .optional()
      .describe("weight of the model's score against the search's"),
    deadline_ms: z
      .int()
      .min(1)
      .max(3_600_000)
      .optional()
      .describe('after it the original order is the answer'),
    max_tokens_per_doc: z.int().min(1).optional(),
    raw_scores: z.boolean().default(false).describe('adds the logits'),
    log: z.boolean().default(true).describe('whether the list is kept as shown'),
    client_id: idSchema.optional().describe('who searches, as a pseudonym'),
    user_id: idSchema.optional().describe('by which a person can be erased'),
    application: z.string().max(100).optional(),
    test: z.boolean().optional(),
  })
  .meta({ id: 'RerankRequest' });

const answerSchema = z
  .object({
    event_id: z.string().describe('what clicks and ratings of this list refer to'),
    backend: z.enum(['none', 'cloud', 'local-learning']),
    model: z.string().nullable(),
    loss: z.string().nullable().describe('the SBERT class of the loss that made the model'),
    run_id: z.string().nullable(),
    alpha: z.number().nullable().describe('null where no search scores went in'),
    degraded: z.boolean(),
    reason: z.string().nullable(),
    results: z.array(
      z.object({
        index: z.int(),
        id: z.string().optional(),
        score: z
          .number()
          .describe('what orders, 0 to 1; without a model it falls from 1 along the order given'),
        relevance_score: z.number().nullable().describe("the model's own, 0 to 1"),
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

/** To microseconds. */
const rounded = (milliseconds: number) => Number(milliseconds.toFixed(3));

export async function rerankRoutes(instance: FastifyInstance, context: ServiceContext) {
  typed(instance).post(
    '/api/rerank',
    {
      config: { scope: 'rerank' },
      schema: {
        tags: ['rerank'],
        summary: 'Rerank, with ids, search scores and a deadline',
        body: requestSchema,
        response: { 200: answerSchema, 400: errorSchema, 413: errorSchema, 429: errorSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const call = {
        dialect: 'api',
        log: body.log,
        query: body.query,
        documents: body.documents,
        topN: body.top_n ?? undefined,
        alpha: body.alpha,
        deadlineMs: body.deadline_ms,
        maxTokensPerDocument: body.max_tokens_per_doc,
        clientId: body.client_id,
        userId: body.user_id,
        application: body.application,
        test: body.test,
      };
      const answer = await answerRerank(context, call, reply);
      const { timings, usage, model } = answer;
      return {
        event_id: answer.eventId,
        backend: answer.provider,
        model: model?.id ?? null,
        loss: model?.loss ?? null,
        run_id: model?.runId ?? null,
        alpha: answer.alpha,
        degraded: answer.degraded !== null,
        reason: answer.degraded,
        results: answer.results.map(({ index, id, score, relevanceScore, logit }) => ({
          index,
          ...(id !== undefined && { id }),
          score,
          relevance_score: relevanceScore,
          ...(body.raw_scores && { logit }),
        })),
        usage: { pairs: usage.pairs, tokens: usage.tokens, truncated_pairs: usage.truncatedPairs },
        milliseconds: {
          queue: rounded(timings.queueMs),
          tokenize: rounded(timings.tokenizeMs),
          inference: rounded(timings.inferenceMs),
          total: rounded(timings.totalMs),
        },
      };
    },
  );
}
