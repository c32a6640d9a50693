/** Lists jobs, streams their events, cancels and retries them. */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { idSchema } from '../../feedback/schema.js';
import type { Job } from '../../jobs/queue.js';
import { operationNames } from '../../operations/index.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { idParams, unknownId } from '../fields.js';
import { route, typed } from '../server.js';

export const jobKinds = operationNames();
const statuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;

export const runSchema = z
  .object({
    id: z.string(),
    kind: z.enum(jobKinds),
    status: z.enum(statuses),
    progress: z.number().describe('From 0 to 1.'),
    message: z.string().nullable(),
    eta_seconds: z.number().nullable().describe('Seconds until the step in `message` ends.'),
    attempts: z.int(),
    request: z.unknown(),
    result: z.unknown(),
    error: z.string().nullable(),
    cancel_requested: z.boolean(),
    created: z.string(),
    started: z.string().nullable(),
    finished: z.string().nullable(),
  })
  .meta({ id: 'Run' });

/** A job as the API shows it. The schema removes the other columns. */
export function runOf(job: Job): z.infer<typeof runSchema> {
  return {
    ...job,
    created: job.created.toISOString(),
    started: job.started?.toISOString() ?? null,
    finished: job.finished?.toISOString() ?? null,
  };
}

const POLL_EVERY_MS = 400;
/** The time between comments, which keep proxies from closing the connection. */
const COMMENT_EVERY_MS = 15_000;

export async function runRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { jobs } = context;
  const find = async (id: string) => {
    const job = await jobs.get(id);
    if (job) return job;
    throw unknownId('job', '/api/runs');
  };
  app.get(
    '/api/runs',
    route('read', 'runs', {
      summary: 'List jobs, newest first',
      querystring: z.object({
        status: z.enum(statuses).optional(),
        kind: z.enum(jobKinds).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(50),
        before: idSchema.optional().describe('The last id of the previous page.'),
      }),
      response: { 200: z.object({ runs: z.array(runSchema) }), 400: errorSchema },
    }),
    async ({ query: { limit, ...filter } }) => {
      if (filter.before !== undefined && (await jobs.get(filter.before)) === null) {
        throw new ApiError('invalid_request', 'There is no job with this id.', { field: 'before' });
      }
      const given = Object.fromEntries(
        Object.entries(filter).filter(([, value]) => value !== undefined),
      );
      return { runs: (await jobs.list({ ...given, limit })).map(runOf) };
    },
  );
  app.get(
    '/api/runs/:id',
    route('read', 'runs', {
      summary: 'Get a job',
      params: idParams,
      response: { 200: runSchema, 404: errorSchema },
    }),
    async ({ params: { id } }) => runOf(await find(id)),
  );
  for (const [action, summary] of [
    ['cancel', 'Cancel a job; a training keeps its checkpoint'],
    ['retry', 'Queue an ended job again'],
  ] as const) {
    app.post(
      `/api/runs/:id/${action}`,
      route('train', 'runs', {
        summary,
        params: idParams,
        response: { 202: runSchema, 404: errorSchema, 409: errorSchema },
      }),
      async ({ params: { id } }, reply) => {
        await find(id);
        return reply.status(202).send(runOf(await jobs[action](id)));
      },
    );
  }
  // Open streams would keep the service from closing.
  const readers = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const reader of readers) reader.abort();
  });
  app.get(
    '/api/runs/:id/events',
    route('read', 'runs', {
      summary: 'Stream the events of a job as server-sent events',
      description:
        'Last-Event-ID continues after that event. 204 means that the job has ended and has no further events; it ends an EventSource.',
      params: idParams,
      headers: z.looseObject({
        'last-event-id': z
          .string()
          .regex(/^\d{1,18}$/)
          .optional(),
      }),
      response: { 200: z.any(), 204: z.null(), 400: errorSchema, 404: errorSchema },
    }),
    async ({ params: { id }, headers }, reply) => {
      const { finished } = await find(id);
      const from = headers['last-event-id'];
      if (
        finished !== null &&
        from !== undefined &&
        (await jobs.events(id, from, 1)).length === 0
      ) {
        return reply.status(204).send(null);
      }
      const closed = new AbortController();
      readers.add(closed);
      reply.raw.once('close', () => {
        readers.delete(closed);
        closed.abort();
      });
      const stream = Readable.from(messages(id, from ?? '0', closed.signal));
      return reply
        .header('content-type', 'text/event-stream')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream);
    },
  );

  /** Ends after the job's last event. */
  async function* messages(id: string, from: string, signal: AbortSignal): AsyncGenerator<string> {
    let last = from;
    let quietSince = Date.now();
    yield 'retry: 2000\n\n';
    while (!signal.aborted) {
      // Read before the events, because an ended job adds no more.
      const hasEnded = ((await jobs.get(id))?.finished ?? null) !== null;
      const events = await jobs.events(id, last);
      for (const { id: eventId, type, time, data } of events) {
        last = eventId;
        const text = JSON.stringify({ time: time.toISOString(), ...data });
        yield `id: ${eventId}\nevent: ${type}\ndata: ${text}\n\n`;
      }
      if (events.length > 0) quietSince = Date.now();
      else if (hasEnded) return;
      else if (Date.now() - quietSince > COMMENT_EVERY_MS) {
        quietSince = Date.now();
        yield ': still running\n\n';
      }
      await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
