/** The endpoints that make jobs, and how the running one stands, as users of the older product know them. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JobKind } from '../../database/index.js';
import { jobSchemas } from '../../operations/index.js';
import { checkJob } from '../check-job.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { typed } from '../server.js';
import { runOf, runSchema } from './runs.js';

/** What older clients call them. */
const tasks = {
  mine: 'mining',
  train: 'training',
  evaluate: 'evaluating',
  promote: 'promoting',
  import: 'importing',
  cycle: 'cycle',
  demo: 'demo',
} as const satisfies Record<JobKind, string>;

const acceptedSchema = z
  .object({ ok: z.literal(true), message: z.string(), run: runSchema })
  .meta({ id: 'Accepted' });

export async function jobRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { settings, jobs } = context;

  const job = (kind: JobKind, url: string, summary: string) =>
    app.post(
      url,
      {
        config: { scope: 'train' },
        schema: {
          tags: ['learning'],
          summary,
          body: jobSchemas[kind],
          response: { 202: acceptedSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
        },
      },
      async ({ body }, reply) => {
        await checkJob(kind, body, settings);
        const made = await jobs.enqueue(kind, body as Record<string, unknown>);
        const message = `queued; GET /api/runs/${made.id} says how it goes`;
        return reply.status(202).send({ ok: true as const, message, run: runOf(made) });
      },
    );
  const at = (name: string) => `/api/reranker/${name}`;
  job('mine', at('mine'), 'Mine training data, from feedback, code, triplets or samples');
  job('train', at('train'), 'Train a model; it does not go live by itself');
  job('evaluate', at('evaluate'), 'Evaluate a model against another on held-out queries');
  job('promote', at('promote'), 'Make a model live if it passes the gate');
  job('cycle', at('cycle'), 'Mine, train, evaluate, and promote what passes');
  job('import', at('import'), 'Import what another system logged');
  job('demo', at('demo'), "Learn this machine's installed packages");

  app.get(
    '/api/reranker/status',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['runs'],
        summary: 'The running or the last job, as older clients ask for it',
        response: {
          200: z.object({
            running: z.boolean(),
            task: z.enum(Object.values(tasks)).nullable(),
            progress: z.number().describe('0 to 100'),
            message: z.string(),
            run_id: z.string().nullable(),
            queued: z.int().describe('jobs that wait'),
            result: z.unknown(),
            live_output: z.array(z.string()),
          }),
        },
      },
    },
    async () => {
      const [[running], queued] = await Promise.all([
        jobs.list({ status: 'running', limit: 1 }),
        jobs.count('queued'),
      ]);
      const [newest] = running ? [running] : await jobs.list({ limit: 1 });
      const events = newest ? await jobs.lastEvents(newest.id, 200) : [];
      return {
        running: running !== undefined,
        task: newest ? tasks[newest.kind] : null,
        progress: Math.round((newest?.progress ?? 0) * 1000) / 10,
        message: newest?.error ?? newest?.message ?? '',
        run_id: newest?.id ?? null,
        queued,
        result:
          newest?.finished == null
            ? null
            : { ok: newest.status === 'succeeded', output: newest.result, error: newest.error },
        live_output: events.map(({ type, data }) => `${type} ${JSON.stringify(data)}`),
      };
    },
  );
}
