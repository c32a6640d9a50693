/** What was searched and shown, clicked and rated comes in here, and can be read and erased. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  clickSchema,
  feedbackOf,
  feedbacksSchema,
  searchesOf,
  searchesSchema,
} from '../../feedback/index.js';
import { forgetErased } from '../../mining/forget-erased.js';
import { minedFiles } from '../../mining/store.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { idParams, idSchema } from '../ids.js';
import { typed } from '../server.js';

const recordedSchema = z
  .object({
    ok: z.literal(true),
    ids: z.array(z.string()),
    accepted: z.int(),
    duplicates: z.int().describe('known already: they count once'),
  })
  .meta({ id: 'Recorded' });

export async function feedbackRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { db, feedback, metrics, settings, shownLog } = context;
  // What reranking showed waits a moment to be written: whoever reads or erases means that as well.
  app.addHook('preHandler', async ({ routeOptions }) => {
    if (routeOptions.config.scope !== 'feedback') await shownLog.flush();
  });
  const answer = { 200: recordedSchema, 400: errorSchema, 413: errorSchema };
  app.post(
    '/api/events',
    {
      config: { scope: 'feedback' },
      schema: {
        tags: ['feedback'],
        summary: 'Searches with the whole list shown: one, an array, or {events}',
        body: searchesSchema,
        response: answer,
      },
    },
    async ({ body }) => {
      const { ids, ...counts } = await feedback.recordSearches(searchesOf(body));
      metrics.feedback('search', counts.accepted);
      return { ok: true as const, ids: [...ids], ...counts };
    },
  );
  app.post(
    '/api/feedback',
    {
      config: { scope: 'feedback' },
      schema: {
        tags: ['feedback'],
        summary: 'Clicks, thumbs, stars and notes: one, an array, or {feedback}',
        body: feedbacksSchema,
        response: answer,
      },
    },
    async ({ body }) => record(feedbackOf(body)),
  );
  for (const url of ['/api/click', '/api/reranker/click']) {
    app.post(
      url,
      {
        config: { scope: 'feedback' },
        schema: {
          tags: ['feedback'],
          summary: 'A document of a shown list was clicked',
          body: clickSchema,
          response: answer,
        },
      },
      async ({ body }) => record([{ ...body, kind: 'click' }]),
    );
  }
  async function record(rows: ReturnType<typeof feedbackOf>) {
    const { ids, acceptedKinds, ...counts } = await feedback.recordFeedback(rows);
    for (const kind of acceptedKinds) metrics.feedback(kind);
    return { ok: true as const, ids: [...ids], ...counts };
  }

  app.get(
    '/api/reranker/logs',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['log'],
        summary: 'The newest searches with their feedback',
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          before: idSchema.optional().describe('the event id the last page ended with'),
        }),
        response: {
          200: z.object({ logs: z.array(z.unknown()), count: z.int() }),
          400: errorSchema,
        },
      },
    },
    async ({ query }) => {
      if (query.before !== undefined && !(await feedback.hasSearch(query.before))) {
        throw new ApiError('invalid_request', 'there is no such search', { field: 'before' });
      }
      const [logs, { searches }] = await Promise.all([
        feedback.list(query.limit, query.before),
        feedback.counts(),
      ]);
      return { logs, count: searches };
    },
  );
  app.get(
    '/api/reranker/logs/count',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['log'],
        summary: 'How much was kept',
        response: {
          200: z.object({
            count: z.int(),
            searches: z.int(),
            feedback: z.int(),
            excluded: z.int(),
            by_kind: z.record(z.string(), z.int()),
          }),
        },
      },
    },
    async () => {
      const { searches, feedback: said, excluded, byKind } = await feedback.counts();
      return { count: searches, searches, feedback: said, excluded, by_kind: byKind };
    },
  );
  app.get(
    '/api/reranker/logs/download',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['log'],
        summary: 'All searches with their feedback, as JSON Lines',
        produces: ['application/x-ndjson', 'application/json'],
        response: { 200: z.any(), 404: errorSchema },
      },
    },
    async (_request, reply) => {
      if ((await feedback.counts()).searches === 0) {
        throw new ApiError('not_found', 'nothing was searched yet');
      }
      async function* lines() {
        for await (const search of feedback.all()) yield `${JSON.stringify(search)}\n`;
      }
      return reply
        .header('content-type', 'application/x-ndjson')
        .header('content-disposition', 'attachment; filename="reranker-log.jsonl"')
        .send(Readable.from(lines()));
    },
  );
  const removedSchema = z.object({
    ok: z.literal(true),
    searches: z.int(),
    feedback: z.int(),
    mined_records: z
      .int()
      .describe('mined of them; datasets and models made before stay as they are'),
  });
  const erased = async (removed: { searches: number; feedback: number }) => ({
    ok: true as const,
    ...removed,
    mined_records: await forgetErased(db, minedFiles(settings.dataDir, settings.tripletsPath)),
  });
  app.post(
    '/api/reranker/logs/clear',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['log'],
        summary: 'Remove all searches and feedback',
        response: { 200: removedSchema },
      },
    },
    async () => erased(await feedback.clear()),
  );
  app.delete(
    '/api/users/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['log'],
        summary: 'Erase what a person searched and said',
        params: idParams,
        response: { 200: removedSchema },
      },
    },
    async ({ params }) => erased(await feedback.eraseUser(params.id)),
  );
  app.get(
    '/api/reranker/nohits',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['log'],
        summary: 'The newest queries that found nothing',
        response: {
          200: z.object({
            queries: z.array(z.object({ query: z.string(), ts: z.string() })),
            count: z.int(),
          }),
        },
      },
    },
    async () => {
      const found = await feedback.withoutResults(50);
      return {
        queries: found.map(({ query, time }) => ({ query, ts: time })),
        count: found.length,
      };
    },
  );
}
