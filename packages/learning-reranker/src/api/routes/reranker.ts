/** The state of the reranker: its model, the backends, the mined records, and the costs. */
import { stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { settingDefinitions } from '../../config/index.js';
import { minedFiles, readMinedRecords } from '../../mining/store.js';
import { findModel, readLive } from '../../registry/index.js';
import type { ServiceContext } from '../context.js';
import { route, typed } from '../server.js';

const infoSchema = z
  .object({
    enabled: z.boolean(),
    backend: settingDefinitions.backend.schema,
    model: z.string().nullable(),
    loss: z.string().nullable(),
    run_id: z.string().nullable(),
    model_loaded: z.boolean(),
    metrics_label: z.string().describe('Provider and model, as in metrics.'),
    path: z.string().describe('The name of the model in the settings.'),
    resolved_path: z.string().nullable(),
    model_dir_mtime: z.string().nullable(),
    device: z.literal('cpu'),
    base: z.string().nullable(),
    dataset: z.string().nullable(),
    live_since: z.string().nullable().describe('Null if no model was promoted yet.'),
    alpha: z.union([z.number(), z.literal('auto')]),
    best_alpha: z.number().nullable(),
    topn: z.int(),
    batch: z.int(),
    maxlen: z.int(),
    dtype: z.enum(['fp32', 'int8']),
    reload_on_change: z.boolean(),
    reload_period_sec: z.int(),
    cloud_key_set: z.boolean(),
    score: z.string().describe('What a score means.'),
  })
  .meta({ id: 'RerankerInfo' });

export async function rerankerRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { settings, engine } = context;
  const { dataDir } = settings;

  app.get(
    '/api/reranker/info',
    route('read', 'service', {
      summary: 'Get the live model, its training and the settings that apply',
      response: { 200: infoSchema },
    }),
    async () => {
      const model = engine.current();
      const live = await readLive(dataDir);
      const isHere = engine.provider === 'local-learning' && model !== null;
      const found = isHere ? await findModel(dataDir, model.id).catch(() => null) : null;
      const folder = found && (await stat(found.path).catch(() => null));
      const manifest = found?.manifest;
      return {
        enabled: settings.backend !== 'none',
        backend: settings.backend,
        model: model?.id ?? null,
        loss: model?.loss ?? null,
        run_id: model?.runId ?? null,
        model_loaded: model !== null,
        metrics_label: `${engine.provider}:${model?.id ?? 'none'}`,
        path: settings.modelPath,
        resolved_path: found?.path ?? null,
        model_dir_mtime: folder?.mtime.toISOString() ?? null,
        device: 'cpu' as const,
        base: manifest?.base ?? null,
        dataset: manifest?.datasetHash ?? null,
        live_since: live.move === null ? null : live.since,
        alpha: settings.alpha,
        best_alpha: model?.blendAlpha ?? null,
        topn: settings.topN,
        batch: settings.batch,
        maxlen: settings.maxLength,
        dtype: settings.dtype,
        reload_on_change: settings.reloadOnChange,
        reload_period_sec: settings.reloadPeriodSec,
        cloud_key_set: settings.cloudApiKey !== null,
        score:
          'From 0 to 1: the sigmoid of the logit; with two logits, the probability of class 1.',
      };
    },
  );
  app.get(
    '/api/reranker/available',
    route('read', 'service', {
      summary: 'List the backends',
      response: {
        200: z.object({
          options: z.array(
            z.object({
              id: z.string(),
              label: z.string(),
              description: z.string(),
              backend: z.string(),
              selected: z.boolean(),
              usable: z.boolean().describe('Whether its model or API key is available.'),
              reason: z.string().nullable().describe('Why the backend is not usable.'),
            }),
          ),
          count: z.int(),
        }),
      },
    }),
    async () => {
      const options = engine.options().map(({ name, lacks, ...option }) => ({
        ...option,
        id: name,
        backend: name,
        usable: lacks === null,
        reason: lacks,
      }));
      return { options, count: options.length };
    },
  );

  app.get(
    '/api/reranker/triplets/count',
    route('read', 'learning', {
      summary: 'Count the mined training records by source',
      response: { 200: z.object({ count: z.int(), by_source: z.record(z.string(), z.int()) }) },
    }),
    async () => {
      const records = await readMinedRecords(minedFiles(dataDir, settings.tripletsPath));
      const bySource: Record<string, number> = {};
      for (const { source } of records) bySource[source] = (bySource[source] ?? 0) + 1;
      return { count: records.length, by_source: bySource };
    },
  );
  app.get(
    '/api/reranker/costs',
    route('read', 'service', {
      summary: 'Get the searches of the last day and their costs',
      response: {
        200: z.object({
          queries_24h: z.int(),
          cloud_queries_24h: z.int(),
          total_24h: z
            .number()
            .nullable()
            .describe(
              'Null if the cloud backend reranked some requests: see the bill of the provider.',
            ),
          avg_per_query: z.number().nullable(),
        }),
      },
    }),
    async () => {
      const since = new Date(Date.now() - 24 * 3600 * 1000);
      const { all, cloud } = await context.db
        .selectFrom('searches')
        .select(({ fn }) => [
          fn.countAll<string>().as('all'),
          fn.countAll<string>().filterWhere('model', '=', settings.cloudModel).as('cloud'),
        ])
        .where('time', '>=', since)
        .executeTakeFirstOrThrow();
      const cost = Number(cloud) > 0 ? null : 0;
      return {
        queries_24h: Number(all),
        cloud_queries_24h: Number(cloud),
        total_24h: cost,
        avg_per_query: cost,
      };
    },
  );
}
