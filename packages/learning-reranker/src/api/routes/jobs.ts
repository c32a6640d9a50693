/** One endpoint per operation, each of which queues a job, and the status of the running job for older clients. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { checkRequest } from '../check-request.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { route, typed } from '../server.js';
import { runOf, runSchema } from './runs.js';

const acceptedSchema = z
  .object({ ok: z.literal(true), message: z.string(), run: runSchema })
  .meta({ id: 'Accepted' });

export async function jobRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { settings, jobs, operations } = context;

  for (const [name, { operation, summary }] of operations) {
    app.post(
      `/api/reranker/${name}`,
      route('train', 'learning', {
        summary,
        body: operation.schema,
        examples: operation.examples,
        response: { 202: acceptedSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      }),
      async ({ body }, reply) => {
        await checkRequest(operation, body, settings);
        const queued = await jobs.enqueue(name, body as Record<string, unknown>);
        const message = `The job is queued. GET /api/runs/${queued.id} shows its progress.`;
        return reply.status(202).send({ ok: true as const, message, run: runOf(queued) });
      },
    );
  }
  const activities = [...operations.values()].map(({ operation }) => operation.activity);

  app.get(
    '/api/reranker/status',
    route('read', 'runs', {
      summary: 'Get the running or the last job, for older clients',
      response: {
        200: z.object({
          running: z.boolean(),
          task: z.enum(activities).nullable(),
          progress: z.number().describe('From 0 to 100.'),
          message: z.string(),
          run_id: z.string().nullable(),
          queued: z.int().describe('The number of queued jobs.'),
          result: z.unknown(),
          live_output: z.array(z.string()),
        }),
      },
    }),
    async () => {
      const [[running], queued] = await Promise.all([
        jobs.list({ status: 'running', limit: 1 }),
        jobs.count('queued'),
      ]);
      const [newest] = running ? [running] : await jobs.list({ limit: 1 });
      const events = newest ? await jobs.lastEvents(newest.id, 200) : [];
      return {
        running: running !== undefined,
        task: newest ? (operations.get(newest.kind)?.operation.activity ?? null) : null,
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
