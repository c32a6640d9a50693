/** A baseline: the evaluation that later ones are held against; only equal evaluations compare. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listModels } from '../../registry/index.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { typed } from '../server.js';

const measuredSchema = z.object({
  model: z.string(),
  loss: z.string(),
  evaluation: z.string(),
  metrics: z.record(z.string(), z.number()),
});
type Measured = z.infer<typeof measuredSchema>;

export async function baselineRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { dataDir } = context.settings;
  const path = join(dataDir, 'baseline.json');
  app.post(
    '/api/reranker/baseline/save',
    {
      config: { scope: 'train' },
      schema: {
        tags: ['evaluation'],
        summary: "Keep the newest model's evaluation as the baseline",
        response: {
          200: z.object({ ok: z.literal(true), baseline: measuredSchema }),
          409: errorSchema,
        },
      },
    },
    async () => {
      const baseline = await newestMeasured(dataDir);
      if (!baseline) throw new ApiError('conflict', 'no model has been evaluated yet');
      await writeFileAtomically(path, `${JSON.stringify(baseline, null, 2)}\n`);
      return { ok: true as const, baseline };
    },
  );
  app.get(
    '/api/reranker/baseline/compare',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['evaluation'],
        summary: "The newest model's evaluation beside the baseline",
        response: {
          200: z.object({
            baseline: measuredSchema,
            current: measuredSchema,
            delta: z.record(z.string(), z.number()),
          }),
          404: errorSchema,
          409: errorSchema,
        },
      },
    },
    async () => {
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text === null) {
        throw new ApiError('not_found', 'there is no baseline: POST /api/reranker/baseline/save');
      }
      const baseline = measuredSchema.parse(JSON.parse(text));
      const current = await newestMeasured(dataDir);
      if (!current) throw new ApiError('conflict', 'no model has been evaluated yet');
      if (current.evaluation !== baseline.evaluation) {
        throw new ApiError(
          'conflict',
          `these are different evaluations (${baseline.evaluation} and ${current.evaluation}): queries or candidates differ, so they do not compare. Save a new baseline.`,
        );
      }
      const delta = Object.fromEntries(
        Object.entries(current.metrics).map(([name, value]) => [
          name,
          value - (baseline.metrics[name] ?? 0),
        ]),
      );
      return { baseline, current, delta };
    },
  );
}

async function newestMeasured(dataDir: string): Promise<Measured | null> {
  for (const { manifest } of await listModels(dataDir)) {
    const { id, loss, evaluation } = manifest;
    const own = evaluation?.systems.find(({ system }) => system === id);
    if (!evaluation || !own) continue;
    const metrics = Object.fromEntries(
      Object.entries(own.metrics).map(([name, { mean }]) => [name, mean]),
    );
    return { model: id, loss: loss.name, evaluation: evaluation.hash, metrics };
  }
  return null;
}
