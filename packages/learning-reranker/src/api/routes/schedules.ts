/** Schedules: jobs at their times, such as a nightly cycle that can only pass the gate or change nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { nextAfter, ScheduleError } from '../../jobs/scheduler.js';
import { checkField } from '../../operations/operation.js';
import { checkRequest } from '../check-request.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { idParams } from '../ids.js';
import { typed } from '../server.js';
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
  /** The request is a part of what was sent, so refusals name its fields from there. */
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
    {
      config: { scope: 'read' },
      schema: {
        tags: ['runs'],
        summary: 'All schedules',
        response: { 200: z.object({ schedules: z.array(scheduleSchema) }) },
      },
    },
    async () => ({ schedules: (await schedules.list()).map(shown) }),
  );
  app.post(
    path,
    {
      config: { scope: 'train' },
      schema: {
        tags: ['runs'],
        summary: 'Make a schedule; a cycle at night if nothing else is said',
        body: z.strictObject({
          cron: z
            .string()
            .min(1)
            .max(100)
            .default('0 3 * * *')
            .describe('minute hour day month weekday'),
          kind: z.enum(jobKinds).default('cycle'),
          request: z.record(z.string(), z.unknown()).default({}),
        }),
        examples: {
          example: { summary: 'Run a cycle at 3:00 every night', value: { cron: '0 3 * * *' } },
        },
        response: { 201: scheduleSchema, 400: errorSchema, 404: errorSchema, 409: errorSchema },
      },
    },
    async ({ body: { cron, kind, request } }, reply) => {
      await checkScheduled(kind, request);
      const known = await schedules.list();
      const isKnown = known.some((one) =>
        isDeepStrictEqual([one.cron, one.kind, one.request], [cron, kind, request]),
      );
      if (isKnown) {
        throw new ApiError('conflict', 'there is such a schedule already');
      }
      try {
        return await reply.status(201).send(shown(await schedules.create(cron, kind, request)));
      } catch (error) {
        if (!(error instanceof ScheduleError)) throw error;
        throw new ApiError('invalid_request', error.message, { field: 'cron' });
      }
    },
  );
  app.delete(
    `${path}/:id`,
    {
      config: { scope: 'train' },
      schema: {
        tags: ['runs'],
        summary: 'Remove a schedule',
        params: idParams,
        response: { 200: z.object({ removed: z.boolean() }), 400: errorSchema, 404: errorSchema },
      },
    },
    async ({ params: { id } }) => {
      if (await schedules.remove(id)) return { removed: true };
      throw new ApiError('not_found', 'there is no such schedule', { field: 'id' });
    },
  );
}
