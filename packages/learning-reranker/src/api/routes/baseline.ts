/** Saves an evaluation as the baseline, and compares later ones with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { evaluationField, lossField } from '../fields.js';
import { lastEvaluation } from '../last-evaluation.js';
import { route, typed } from '../server.js';

const storedSchema = z.object({
  model: z.string(),
  loss: z.string().nullable(),
  evaluation: z.string(),
  metrics: z.record(z.string(), z.number()),
});
type Stored = z.infer<typeof storedSchema>;

/** With the fields that clients of the older product read. */
const measuredSchema = storedSchema.extend({
  loss: lossField.nullable(),
  evaluation: evaluationField,
  mrr: z.number(),
  hit1: z.number(),
});

const FILE = 'baseline.json';

export async function baselineRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const path = join(context.settings.dataDir, FILE);
  app.post(
    '/api/reranker/baseline/save',
    route('train', 'evaluation', {
      summary: 'Save the last evaluation as the baseline',
      response: {
        200: z.object({
          ok: z.literal(true),
          path: z.string().describe('The file in the data folder.'),
          baseline: measuredSchema,
        }),
        409: errorSchema,
      },
    }),
    async () => {
      const baseline = await measuredNow(context);
      await writeFileAtomically(path, `${JSON.stringify(baseline, null, 2)}\n`);
      return { ok: true as const, path: FILE, baseline: shown(baseline) };
    },
  );
  app.get(
    '/api/reranker/baseline/compare',
    route('read', 'evaluation', {
      summary: 'Compare the last evaluation with the baseline',
      response: {
        200: z.object({
          baseline: measuredSchema,
          current: measuredSchema,
          delta: z.record(z.string(), z.number()),
        }),
        404: errorSchema,
        409: errorSchema,
      },
    }),
    async () => {
      const baseline = await readBaseline(path);
      const current = await measuredNow(context);
      if (current.evaluation !== baseline.evaluation) {
        throw new ApiError(
          'conflict',
          `The baseline and the last evaluation differ in queries or candidate lists (${baseline.evaluation} and ${current.evaluation}). Save a new baseline with POST /api/reranker/baseline/save.`,
        );
      }
      const metrics = Object.fromEntries(
        Object.entries(current.metrics).flatMap(([name, value]) => {
          const before = baseline.metrics[name];
          return before === undefined ? [] : [[name, value - before]];
        }),
      );
      const [before, now] = [shown(baseline), shown(current)];
      const delta = { mrr: now.mrr - before.mrr, hit1: now.hit1 - before.hit1, ...metrics };
      return { baseline: before, current: now, delta };
    },
  );
}

async function measuredNow(context: ServiceContext): Promise<Stored> {
  const last = await lastEvaluation(context);
  if (!last)
    throw new ApiError(
      'conflict',
      'No model has been evaluated yet. Start a job with POST /api/reranker/evaluate.',
    );
  const { model, loss, evaluation, metrics } = last;
  const means = Object.entries(metrics).map(([name, { mean }]) => [name, mean]);
  return { model, loss, evaluation, metrics: Object.fromEntries(means) };
}

async function readBaseline(path: string): Promise<Stored> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    throw new ApiError(
      'not_found',
      'There is no baseline yet. Save one with POST /api/reranker/baseline/save.',
    );
  }
  try {
    return storedSchema.parse(JSON.parse(text));
  } catch {
    throw new ApiError(
      'conflict',
      `${FILE} in the data folder is damaged. Save a new baseline with POST /api/reranker/baseline/save.`,
    );
  }
}

function shown(stored: Stored): z.infer<typeof measuredSchema> {
  const { metrics } = stored;
  return { ...stored, mrr: metrics['MRR@10'] ?? 0, hit1: metrics['Hit@1'] ?? 0 };
}
