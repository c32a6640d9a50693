/** User Behavior Insights 1.3, as its clients send it: queries and events, one or many. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ubiEventSchema, ubiQuerySchema } from '../../exchange/ubi-rows.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { typed } from '../server.js';

const answerSchema = z.object({
  ok: z.literal(true),
  accepted: z.int(),
  duplicates: z.int(),
  ignored: z.int().describe('events that judge no document, such as impressions'),
});
const MOST = 10_000;

export async function ubiRoutes(instance: FastifyInstance, { feedback, metrics }: ServiceContext) {
  const app = typed(instance);
  const response = { 200: answerSchema, 400: errorSchema, 413: errorSchema };
  app.post(
    '/api/ubi/queries',
    {
      config: { scope: 'feedback' },
      schema: {
        tags: ['feedback'],
        summary: 'UBI queries, with the ids that were shown',
        body: z.union([ubiQuerySchema, z.array(ubiQuerySchema).min(1).max(MOST)]),
        response,
      },
    },
    async ({ body }) => {
      const { accepted, duplicates } = await feedback.recordSearches([body].flat());
      metrics.feedback('search', accepted);
      return { ok: true as const, accepted, duplicates, ignored: 0 };
    },
  );
  app.post(
    '/api/ubi/events',
    {
      config: { scope: 'feedback' },
      schema: {
        tags: ['feedback'],
        summary: 'UBI events; clicks and what follows them become feedback',
        body: z.union([ubiEventSchema, z.array(ubiEventSchema).min(1).max(MOST)]),
        response,
      },
    },
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
