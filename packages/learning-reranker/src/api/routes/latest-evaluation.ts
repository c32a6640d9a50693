/** The last evaluation, with the loss that trained its model. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServiceContext } from '../context.js';
import { evaluationField, lossField } from '../fields.js';
import { knownMetrics, lastEvaluation } from '../last-evaluation.js';
import { route, typed } from '../server.js';

const intervalSchema = z.object({ mean: z.number(), lower: z.number(), upper: z.number() });

const evaluationSchema = z
  .object({
    timestamp: z.string().nullable(),
    model: z.string().nullable(),
    loss: lossField.nullable(),
    against: z.string().nullable(),
    dataset: z.string().nullable(),
    evaluation: evaluationField.nullable(),
    queries: z.int().nullable(),
    metrics: z.record(z.string(), z.number().nullable()).nullable(),
    intervals: z
      .record(z.string(), intervalSchema)
      .nullable()
      .describe('95 % bootstrap confidence intervals of all metrics.'),
    report: z.unknown().describe('The full comparison.'),
  })
  .meta({ id: 'LatestEvaluation' });

export async function latestEvaluationRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  app.get(
    '/api/reranker/eval/latest',
    route('read', 'evaluation', {
      summary: 'Get the last evaluation',
      response: { 200: evaluationSchema },
    }),
    async () => {
      const last = await lastEvaluation(context);
      return {
        timestamp: last?.timestamp ?? null,
        model: last?.model ?? null,
        loss: last?.loss ?? null,
        against: last?.report?.against ?? null,
        dataset: last?.dataset ?? null,
        evaluation: last?.evaluation ?? null,
        queries: last?.queries ?? null,
        metrics: last && knownMetrics(last.metrics),
        intervals: last?.metrics ?? null,
        report: last?.report ?? null,
      };
    },
  );
}
