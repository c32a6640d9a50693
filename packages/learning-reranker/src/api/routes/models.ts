/** Lists the models and the history of the live model, and rolls back. Promotion is a job. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  findModel,
  isModelId,
  listModels,
  modelsFolder,
  readHistory,
  readLive,
  readManifest,
  rollback,
  STARTER,
} from '../../registry/index.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { evaluationField, idParams, lossField, unknownId } from '../fields.js';
import { route, typed } from '../server.js';

const modelSchema = z
  .object({
    id: z.string(),
    live: z.boolean(),
    created: z.string(),
    loss: lossField,
    base: z.string(),
    dataset: z.string(),
    seed: z.int(),
    ndcg_at_10: z.number().nullable(),
    mrr_at_10: z.number().nullable(),
    evaluation: evaluationField.nullable(),
  })
  .meta({ id: 'Model' });

const moveSchema = z
  .object({
    time: z.string(),
    action: z.string(),
    from: z.string(),
    to: z.string(),
    loss: z.string().nullable(),
    reason: z.string(),
  })
  .meta({ id: 'LiveModelChange' });

export async function modelRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { dataDir } = context.settings;
  app.get(
    '/api/models',
    route('read', 'models', {
      summary: 'List models, newest first',
      response: { 200: z.object({ live: z.string(), models: z.array(modelSchema) }) },
    }),
    async () => {
      const { id: live } = await readLive(dataDir);
      const models = (await listModels(dataDir)).map(({ manifest }) => {
        const { id, created, loss, base, datasetHash, seed, evaluation } = manifest;
        const own = evaluation?.systems.find(({ system }) => system === id)?.metrics;
        return {
          id,
          live: id === live,
          created,
          loss: loss.name,
          base,
          dataset: datasetHash,
          seed,
          ndcg_at_10: own?.['NDCG@10']?.mean ?? null,
          mrr_at_10: own?.['MRR@10']?.mean ?? null,
          evaluation: evaluation?.hash ?? null,
        };
      });
      return { live, models };
    },
  );
  app.get(
    '/api/models/:id',
    route('read', 'models', {
      summary: 'Get the manifest of a model: its training and its evaluation',
      params: idParams,
      response: { 200: z.record(z.string(), z.unknown()), 400: errorSchema, 404: errorSchema },
    }),
    async ({ params: { id } }) => {
      if (id === STARTER) {
        const { loss } = await findModel(dataDir, STARTER);
        return { id: STARTER, loss };
      }
      const manifest = isModelId(id)
        ? await readManifest(`${modelsFolder(dataDir)}/${id}`).catch(() => null)
        : null;
      if (manifest) return manifest;
      throw unknownId('model', '/api/models');
    },
  );
  app.get(
    '/api/history',
    route('read', 'models', {
      summary: 'List the changes of the live model, oldest first',
      response: { 200: z.object({ history: z.array(moveSchema) }) },
    }),
    async () => ({ history: await readHistory(dataDir) }),
  );
  app.post(
    '/api/reranker/rollback',
    route('train', 'models', {
      summary: 'Make the previous model live again',
      response: { 200: moveSchema.extend({ ok: z.literal(true) }), 409: errorSchema },
    }),
    async () => {
      const row = await rollback(dataDir);
      await context.engine.reload();
      return { ok: true as const, ...row };
    },
  );
}
