/** The last evaluation, whichever job made it, with the loss that made its model. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Job } from '../../runs/index.js';
import type { ServiceContext } from '../context.js';
import { typed } from '../server.js';

export async function latestEvaluationRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  app.get(
    '/api/reranker/eval/latest',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['evaluation'],
        summary: 'The last evaluation, with the loss that made its model',
        response: { 200: evaluationSchema() },
      },
    },
    async () => evaluationOf(await lastEvaluation(context)),
  );
}

const intervalSchema = z.object({ mean: z.number(), lower: z.number(), upper: z.number() });

function evaluationSchema() {
  return z
    .object({
      timestamp: z.string().nullable(),
      model: z.string().nullable(),
      loss: z.string().nullable(),
      against: z.string().nullable(),
      dataset: z.string().nullable(),
      queries: z.int().nullable(),
      metrics: z.record(z.string(), intervalSchema).nullable(),
      report: z.unknown(),
    })
    .meta({ id: 'LatestEvaluation' });
}

async function lastEvaluation({ jobs }: ServiceContext): Promise<Job | null> {
  const ended = await jobs.list({ status: 'succeeded', limit: 100 });
  return ended.find(({ result }) => reportOf(result) !== null) ?? null;
}

interface StoredReport {
  readonly model: string;
  readonly loss: string | null;
  readonly against: string;
  readonly dataset: string;
  readonly queries: number;
  readonly systems: readonly {
    readonly system: string;
    readonly metrics: Record<string, z.infer<typeof intervalSchema>>;
  }[];
}

/** Evaluations stand alone or inside a promotion or a cycle. */
function reportOf(result: unknown): StoredReport | null {
  if (typeof result !== 'object' || result === null) return null;
  if ('systems' in result) return result as StoredReport;
  return 'report' in result ? reportOf(result.report) : null;
}

function evaluationOf(job: Job | null): z.infer<ReturnType<typeof evaluationSchema>> {
  const report = reportOf(job?.result);
  const own = report?.systems.find(({ system }) => system === report.model);
  return {
    timestamp: job?.finished?.toISOString() ?? null,
    model: report?.model ?? null,
    loss: report?.loss ?? null,
    against: report?.against ?? null,
    dataset: report?.dataset ?? null,
    queries: report?.queries ?? null,
    metrics: own?.metrics ?? null,
    report,
  };
}
