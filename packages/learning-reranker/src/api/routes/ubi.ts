/** Receives queries and events of User Behavior Insights 1.3, one or several at a time. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ubiEventSchema, ubiQuerySchema } from '../../exchange/ubi.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { route, typed } from '../server.js';

const answerSchema = z.object({
  ok: z.literal(true),
  accepted: z.int(),
  duplicates: z.int(),
  ignored: z.int().describe('Events that judge no document, such as impressions.'),
});
const MOST = 10_000;

export async function ubiRoutes(instance: FastifyInstance, { feedback, metrics }: ServiceContext) {
  const app = typed(instance);
  const response = { 200: answerSchema, 400: errorSchema, 413: errorSchema };
  app.post(
    '/api/ubi/queries',
    route('feedback', 'feedback', {
      summary: 'Log UBI queries with the ids of their results',
      body: z.union([ubiQuerySchema, z.array(ubiQuerySchema).min(1).max(MOST)]),
      examples: {
        example: {
          summary: 'A query and its results',
          value: {
            query_id: 'ubi-1',
            client_id: 'session-7',
            user_query: 'parse a date',
            query_response_hit_ids: ['dates.js', 'sockets.js'],
          },
        },
      },
      response,
    }),
    async ({ body }) => {
      const { accepted, duplicates } = await feedback.recordSearches([body].flat());
      metrics.feedback('search', accepted);
      return { ok: true as const, accepted, duplicates, ignored: 0 };
    },
  );
  app.post(
    '/api/ubi/events',
    route('feedback', 'feedback', {
      summary: 'Log UBI events',
      description: 'Clicks and the actions that follow them become feedback.',
      body: z.union([ubiEventSchema, z.array(ubiEventSchema).min(1).max(MOST)]),
      examples: {
        example: {
          summary: 'A click',
          value: {
            action_name: 'click',
            query_id: 'ubi-1',
            client_id: 'session-7',
            event_attributes: { object: { object_id: 'dates.js' }, position: { ordinal: 1 } },
          },
        },
      },
      response,
    }),
    async ({ body }) => {
      const events = [body].flat();
      const rows = events.filter((one) => one !== null);
      const ignored = events.length - rows.length;
      if (rows.length === 0) return { ok: true as const, accepted: 0, duplicates: 0, ignored };
      const { accepted, duplicates, acceptedKinds } = await feedback.recordFeedback(rows);
      for (const kind of acceptedKinds) metrics.feedback(kind);
      return { ok: true as const, accepted, duplicates, ignored };
    },
  );
}
