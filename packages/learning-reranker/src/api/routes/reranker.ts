/** The endpoints that users of the older product know: mine, train, evaluate, promote, and how things stand. */
import { findLoss } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { refuseGatedLoss } from '../../config/index.js';
import type { JobKind } from '../../database/index.js';
import { minedFiles, readMined } from '../../mining/store.js';
import { readLive, resolveModel } from '../../registry/index.js';
import { type Job, jobSchemas } from '../../runs/index.js';
import { answerRerank } from '../answer-rerank.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { typed } from '../server.js';
import { pathsOf, refuseOutside } from '../source-roots.js';
import { jobKinds, runOf, runSchema } from './runs.js';

const acceptedSchema = z
  .object({ ok: z.literal(true), message: z.string(), run: runSchema })
  .meta({ id: 'Accepted' });

const infoSchema = z
  .object({
    enabled: z.boolean(),
    backend: z.enum(['none', 'cloud', 'local-learning']),
    model: z.string().nullable(),
    loss: z.string().nullable(),
    run_id: z.string().nullable(),
    model_loaded: z.boolean(),
    base: z.string().nullable(),
    dataset: z.string().nullable(),
    live_since: z.string(),
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
  const { settings, jobs, engine } = context;
  const { dataDir } = settings;

  app.get(
    '/api/reranker/info',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['reranker'],
        summary: 'What reranks now, and how it was made',
        response: { 200: infoSchema },
      },
    },
    async () => {
      const model = engine.current();
      const live = await readLive(dataDir);
      const manifest =
        model?.runId == null
          ? null
          : await resolveModel(dataDir, model.id).then(
              (one) => one.manifest,
              () => null,
            );
      return {
        enabled: settings.backend !== 'none',
        backend: settings.backend,
        model: model?.id ?? null,
        loss: model?.loss ?? null,
        run_id: model?.runId ?? null,
        model_loaded: model !== null,
        base: manifest?.base ?? null,
        dataset: manifest?.datasetHash ?? null,
        live_since: live.since,
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
        tags: ['reranker'],
        summary: 'The backends to choose from',
        response: {
          200: z.object({
            options: z.array(
              z.object({
                id: z.string(),
                label: z.string(),
                description: z.string(),
                backend: z.string(),
              }),
            ),
            count: z.int(),
          }),
        },
      },
    },
    async () => {
      const options = [
        ['none', 'No reranking', "the search's own order"],
        ['cloud', 'Cloud', `Cohere's ${settings.cloudModel}, with COHERE_API_KEY`],
        ['local-learning', 'Learning Reranker', 'the model learned here'],
      ].map(([id = '', label = '', description = '']) => ({ id, label, description, backend: id }));
      return { options, count: options.length };
    },
  );

  const job = <Kind extends JobKind>(
    kind: Kind,
    url: string,
    summary: string,
    check: (body: z.output<(typeof jobSchemas)[Kind]>) => void | Promise<void> = () => undefined,
  ) =>
    app.post(
      url,
      {
        config: { scope: 'train' },
        schema: {
          tags: ['reranker'],
          summary,
          body: jobSchemas[kind],
          response: { 202: acceptedSchema, 400: errorSchema, 409: errorSchema },
        },
      },
      async ({ body }, reply) => {
        await check(body as z.output<(typeof jobSchemas)[Kind]>);
        const made = await jobs.enqueue(kind, body as Record<string, unknown>);
        const message = `queued; GET /api/runs/${made.id} says how it goes`;
        return reply.status(202).send({ ok: true as const, message, run: runOf(made) });
      },
    );
  const checkLoss = (name: string | undefined) =>
    refuseGatedLoss(findLoss(name ?? settings.loss).name, settings);
  job(
    'mine',
    '/api/reranker/mine',
    'Mine training data, from feedback, code, triplets or samples',
    (body) => refuseOutside(pathsOf(body), settings),
  );
  job('train', '/api/reranker/train', 'Train a model; it does not go live by itself', ({ loss }) =>
    checkLoss(loss),
  );
  job('evaluate', '/api/reranker/evaluate', 'Evaluate a model against another on held-out queries');
  job('promote', '/api/reranker/promote', 'Make a model live if it passes the gate');
  job('cycle', '/api/reranker/cycle', 'Mine, train, evaluate, and promote what passes', (body) => {
    checkLoss(body.train.loss);
    return refuseOutside(pathsOf(body.mine), settings);
  });
  job('import', '/api/reranker/import', 'Import what another system logged', ({ path }) =>
    refuseOutside([path], settings),
  );
  job('demo', '/api/reranker/demo', "Learn this machine's installed packages", ({ loss }) =>
    checkLoss(loss),
  );

  app.get(
    '/api/reranker/status',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['reranker'],
        summary: 'The running or the last job, as older clients ask for it',
        response: {
          200: z.object({
            running: z.boolean(),
            task: z.enum(jobKinds).nullable(),
            progress: z.number().describe('0 to 100'),
            message: z.string(),
            run_id: z.string().nullable(),
            result: z.unknown(),
            live_output: z.array(z.string()),
          }),
        },
      },
    },
    async () => {
      const [running] = await jobs.list({ status: 'running', limit: 1 });
      const [newest] = running ? [running] : await jobs.list({ limit: 1 });
      const events = newest ? await jobs.events(newest.id) : [];
      return {
        running: running !== undefined,
        task: newest?.kind ?? null,
        progress: Math.round((newest?.progress ?? 0) * 1000) / 10,
        message: newest?.error ?? newest?.message ?? '',
        run_id: newest?.id ?? null,
        result:
          newest?.finished == null
            ? null
            : { ok: newest.status === 'succeeded', output: newest.result, error: newest.error },
        live_output: events.slice(-200).map(({ type, data }) => `${type} ${JSON.stringify(data)}`),
      };
    },
  );
  app.get(
    '/api/reranker/eval/latest',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['reranker'],
        summary: 'The last evaluation, with the loss that made its model',
        response: { 200: evaluationSchema() },
      },
    },
    async () => evaluationOf(await lastEvaluation(context)),
  );
  app.get(
    '/api/reranker/triplets/count',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['reranker'],
        summary: 'Mined training records by source',
        response: { 200: z.object({ count: z.int(), by_source: z.record(z.string(), z.int()) }) },
      },
    },
    async () => {
      const { records } = await readMined(minedFiles(dataDir, settings.tripletsPath));
      const bySource: Record<string, number> = {};
      for (const { source } of records) bySource[source] = (bySource[source] ?? 0) + 1;
      return { count: records.length, by_source: bySource };
    },
  );
  app.post(
    '/api/reranker/smoketest',
    {
      config: { scope: 'rerank' },
      schema: {
        tags: ['reranker'],
        summary: 'Rerank two documents and say what happened; it is marked as a test',
        body: z.strictObject({ query: z.string().min(1).max(1000).default('parse a date') }),
        response: {
          200: z.object({
            ok: z.boolean(),
            reranked: z.boolean(),
            logged: z.boolean(),
            results_count: z.int(),
            event_id: z.string(),
            model: z.string().nullable(),
            loss: z.string().nullable(),
            reason: z.string().nullable(),
            milliseconds: z.number(),
          }),
          400: errorSchema,
        },
      },
    },
    async (request, reply) => {
      const documents = [
        { text: 'function closeSocket(socket) { socket.end(); }' },
        { text: 'function parseDate(text) { return new Date(text); }' },
      ];
      const { query } = request.body;
      const call = { dialect: 'smoketest', log: true, test: true, query, documents };
      const answer = await answerRerank(context, call, reply);
      return {
        ok: answer.degraded === null,
        reranked: answer.model !== null,
        logged: true,
        results_count: answer.results.length,
        event_id: answer.eventId,
        model: answer.model?.id ?? null,
        loss: answer.model?.loss ?? null,
        reason: answer.degraded,
        milliseconds: answer.timings.totalMs,
      };
    },
  );
  app.get(
    '/api/reranker/costs',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['reranker'],
        summary:
          'What reranking cost in the last day: searches, and cloud calls by the searches they served',
        response: {
          200: z.object({
            queries_24h: z.int(),
            cloud_queries_24h: z.int(),
            total_24h: z.number().nullable().describe('null where a cloud answers: its bill knows'),
            avg_per_query: z.number().nullable(),
          }),
        },
      },
    },
    async () => {
      const since = new Date(Date.now() - 24 * 3600 * 1000);
      const { count } = await context.db
        .selectFrom('searches')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .where('time', '>=', since)
        .executeTakeFirstOrThrow();
      const isCloud = settings.backend === 'cloud';
      return {
        queries_24h: Number(count),
        cloud_queries_24h: isCloud ? Number(count) : 0,
        total_24h: isCloud ? null : 0,
        avg_per_query: isCloud ? null : 0,
      };
    },
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
