/** Lists, adds and removes schedules, such as a nightly cycle. */
import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { nextAfter } from '../../jobs/scheduler.js';
import { checkField } from '../../operations/operation.js';
import { checkRequest } from '../check-request.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { idParams, unknownId } from '../fields.js';
import { route, typed } from '../server.js';
import { jobKinds } from './runs.js';

const scheduleSchema = z
  .object({
    id: z.string(),
    cron: z.string(),
    kind: z.enum(jobKinds),
    request: z.unknown(),
    next: z.string().nullable(),
    last: z.string().nullable(),
  })
  .meta({ id: 'Schedule' });

export async function scheduleRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { schedules, settings, operations } = context;
  const path = '/api/reranker/schedule';
  const shown = (one: Awaited<ReturnType<typeof schedules.list>>[number]) => ({
    id: one.id,
    cron: one.cron,
    kind: one.kind,
    request: one.request,
    next: nextAfter(one.cron, new Date())?.toISOString() ?? null,
    last: one.last_due?.toISOString() ?? null,
  });
  /** Checks the request of the job. Errors name its fields below `request`. */
  const checkScheduled = async (kind: string, sent: unknown) => {
    const operation = operations.get(kind)?.operation;
    if (!operation) return;
    const { request } = z.object({ request: operation.schema }).parse({ request: sent });
    await checkField('request', async () => {
      operation.checkSchedule?.(request);
      await checkRequest(operation, sent, settings);
    });
  };
  app.get(
    path,
    route('read', 'runs', {
      summary: 'List schedules',
      response: { 200: z.object({ schedules: z.array(scheduleSchema) }) },
    }),
    async () => ({ schedules: (await schedules.list()).map(shown) }),
  );
  app.post(
    path,
    route('train', 'runs', {
      summary: 'Schedule jobs; by default a nightly cycle',
      body: z.strictObject({
        cron: z
          .string()
          .min(1)
          .max(100)
          .default('0 3 * * *')
          .describe('Minute, hour, day, month and weekday.'),
        kind: z.enum(jobKinds).default('cycle'),
        request: z.record(z.string(), z.unknown()).default({}),
      }),
      examples: {
        example: { summary: 'Run a cycle at 3:00 every night', value: { cron: '0 3 * * *' } },
      },
      response: { 201: scheduleSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
    }),
    async ({ body: { cron, kind, request } }, reply) => {
      await checkScheduled(kind, request);
      const known = await schedules.list();
      const isKnown = known.some((one) =>
        isDeepStrictEqual([one.cron, one.kind, one.request], [cron, kind, request]),
      );
      if (isKnown) {
        throw new ApiError('conflict', 'This schedule exists already.');
      }
      return reply.status(201).send(shown(await schedules.create(cron, kind, request)));
    },
  );
  app.delete(
    `${path}/:id`,
    route('train', 'runs', {
      summary: 'Remove a schedule',
      params: idParams,
      response: { 200: z.object({ removed: z.boolean() }), 400: errorSchema, 404: errorSchema },
    }),
    async ({ params: { id } }) => {
      if (await schedules.remove(id)) return { removed: true };
      throw unknownId('schedule', path);
    },
  );
}
