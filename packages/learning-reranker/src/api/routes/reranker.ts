/** What reranks, what there is to choose, what was mined, what it costs, and whether it works. */
import { stat } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { settingDefinitions } from '../../config/index.js';
import { minedFiles, readMinedRecords } from '../../mining/store.js';
import { findModel, readLive } from '../../registry/index.js';
import type { ServiceContext } from '../context.js';
import { typed } from '../server.js';

const infoSchema = z
  .object({
    enabled: z.boolean(),
    backend: settingDefinitions.backend.schema,
    model: z.string().nullable(),
    loss: z.string().nullable(),
    run_id: z.string().nullable(),
    model_loaded: z.boolean(),
    metrics_label: z.string().describe('how metrics name it: provider and model'),
    path: z.string().describe('the model as the settings name it'),
    resolved_path: z.string().nullable(),
    model_dir_mtime: z.string().nullable(),
    device: z.literal('cpu'),
    base: z.string().nullable(),
    dataset: z.string().nullable(),
    live_since: z.string().nullable().describe('null where nothing was promoted yet'),
    alpha: z.union([z.number(), z.literal('auto')]),
    best_alpha: z.number().nullable(),
    topn: z.int(),
    batch: z.int(),
    maxlen: z.int(),
    dtype: z.enum(['fp32', 'int8']),
    reload_on_change: z.boolean(),
    reload_period_sec: z.int(),
    cloud_key_set: z.boolean(),
    score: z.string().describe('what a score means'),
  })
  .meta({ id: 'RerankerInfo' });

export async function rerankerRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { settings, engine } = context;
  const { dataDir } = settings;

  app.get(
    '/api/reranker/info',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['service'],
        summary: 'What reranks now, and how it was made',
        response: { 200: infoSchema },
      },
    },
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
        score: 'the sigmoid of the one logit, or the probability of class 1; 0 to 1',
      };
    },
  );
  app.get(
    '/api/reranker/available',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['service'],
        summary: 'The backends to choose from',
        response: {
          200: z.object({
            options: z.array(
              z.object({
                id: z.string(),
                label: z.string(),
                description: z.string(),
                backend: z.string(),
                selected: z.boolean(),
                usable: z.boolean().describe('whether it has what it needs, so far as was tried'),
                reason: z.string().nullable().describe('why it is not usable'),
              }),
            ),
            count: z.int(),
          }),
        },
      },
    },
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
    {
      config: { scope: 'read' },
      schema: {
        tags: ['learning'],
        summary: 'Mined training records by source',
        response: { 200: z.object({ count: z.int(), by_source: z.record(z.string(), z.int()) }) },
      },
    },
    async () => {
      const records = await readMinedRecords(minedFiles(dataDir, settings.tripletsPath));
      const bySource: Record<string, number> = {};
      for (const { source } of records) bySource[source] = (bySource[source] ?? 0) + 1;
      return { count: records.length, by_source: bySource };
    },
  );
  app.get(
    '/api/reranker/costs',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['service'],
        summary: 'What reranking cost in the last day: searches, and those that the cloud reranked',
        response: {
          200: z.object({
            queries_24h: z.int(),
            cloud_queries_24h: z.int(),
            total_24h: z
              .number()
              .nullable()
              .describe('null where the cloud answered: its bill knows'),
            avg_per_query: z.number().nullable(),
          }),
        },
      },
    },
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
