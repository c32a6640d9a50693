/** Receives searches, clicks and ratings, and lets them be read and erased. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  clickSchema,
  feedbackOf,
  feedbacksSchema,
  idSchema,
  searchesOf,
  searchesSchema,
} from '../../feedback/schema.js';
import { forgetErased } from '../../mining/forget-erased.js';
import { minedFiles } from '../../mining/store.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { idParams } from '../fields.js';
import { route, typed } from '../server.js';

const recordedSchema = z
  .object({
    ok: z.literal(true),
    ids: z.array(z.string()),
    accepted: z.int(),
    duplicates: z.int().describe('Already stored, and not counted again.'),
  })
  .meta({ id: 'Recorded' });

const exampleQuery = 'parse a date';
const exampleClick = { event_id: 'the-event-id-of-the-response', document_id: 'dates.js' };

export async function feedbackRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { db, feedback, metrics, settings, shownLog } = context;
  // Impressions of reranking are written with a delay, and reading and erasing must include them.
  app.addHook('preHandler', async ({ routeOptions }) => {
    if (routeOptions.config.scope !== 'feedback') await shownLog.flush();
  });
  const response = { 200: recordedSchema, 400: errorSchema, 413: errorSchema };
  app.post(
    '/api/events',
    route('feedback', 'feedback', {
      summary: 'Log searches with their results',
      description: 'Send one search, an array of searches, or an object with `events`.',
      body: searchesSchema,
      examples: {
        search: {
          summary: 'A search that another system ranked',
          value: {
            event_id: 'search-1',
            query: exampleQuery,
            documents: [
              { id: 'dates.js', text: 'new Date(text)' },
              { id: 'sockets.js', text: 'function close(socket) {}' },
            ],
            client_id: 'session-7',
          },
        },
        many: {
          summary: 'Several searches',
          value: {
            events: [
              { event_id: 'search-2', query: exampleQuery, documents: [{ id: 'dates.js' }] },
            ],
          },
        },
      },
      response,
    }),
    async ({ body }) => {
      const { ids, ...counts } = await feedback.recordSearches(searchesOf(body));
      metrics.feedback('search', counts.accepted);
      return { ok: true as const, ids: [...ids], ...counts };
    },
  );
  app.post(
    '/api/feedback',
    route('feedback', 'feedback', {
      summary: 'Log clicks, ratings and notes',
      description: 'Send one, an array, or an object with `feedback`.',
      body: feedbacksSchema,
      examples: {
        rating: {
          summary: 'A rating of one document',
          value: { ...exampleClick, kind: 'star4' },
        },
        many: {
          summary: 'Several at once',
          value: {
            feedback: [
              { ...exampleClick, kind: 'click' },
              { ...exampleClick, kind: 'thumbsdown', document_id: 'sockets.js' },
            ],
          },
        },
        nothing: {
          summary: 'No result was clicked',
          value: { event_id: exampleClick.event_id, kind: 'noclick' },
        },
      },
      response,
    }),
    async ({ body }) => record(feedbackOf(body)),
  );
  for (const url of ['/api/click', '/api/reranker/click']) {
    app.post(
      url,
      route('feedback', 'feedback', {
        summary: 'Log a click on a result',
        body: clickSchema,
        examples: { example: { summary: 'A click', value: exampleClick } },
        response,
      }),
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
    route('admin', 'log', {
      summary: 'List searches with their feedback, newest first',
      querystring: z.object({
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        before: idSchema.optional().describe('The last event id of the previous page.'),
      }),
      response: {
        200: z.object({ logs: z.array(z.unknown()), count: z.int() }),
        400: errorSchema,
      },
    }),
    async ({ query }) => {
      if (query.before !== undefined && !(await feedback.hasSearch(query.before))) {
        throw new ApiError('invalid_request', 'There is no search with this event id.', {
          field: 'before',
        });
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
    route('read', 'log', {
      summary: 'Count the logged searches and feedback',
      response: {
        200: z.object({
          count: z.int(),
          searches: z.int(),
          feedback: z.int(),
          excluded: z.int(),
          by_kind: z.record(z.string(), z.int()),
        }),
      },
    }),
    async () => {
      const { byKind, ...counts } = await feedback.counts();
      return { count: counts.searches, ...counts, by_kind: byKind };
    },
  );
  app.get(
    '/api/reranker/logs/download',
    route('admin', 'log', {
      summary: 'Download all searches with their feedback as JSON Lines',
      produces: ['application/x-ndjson', 'application/json'],
      response: { 200: z.any(), 404: errorSchema },
    }),
    async (_request, reply) => {
      if ((await feedback.counts()).searches === 0) {
        throw new ApiError('not_found', 'No search has been logged yet.');
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
      .describe('Training records mined from them. Existing datasets and models stay unchanged.'),
  });
  const erased = async (removed: { searches: number; feedback: number }) => ({
    ok: true as const,
    ...removed,
    mined_records: await forgetErased(db, minedFiles(settings.dataDir, settings.tripletsPath)),
  });
  app.post(
    '/api/reranker/logs/clear',
    route('admin', 'log', {
      summary: 'Erase all searches and feedback',
      response: { 200: removedSchema },
    }),
    async () => erased(await feedback.clear()),
  );
  app.delete(
    '/api/users/:id',
    route('admin', 'log', {
      summary: "Erase a user's searches and feedback",
      params: idParams,
      response: { 200: removedSchema },
    }),
    async ({ params }) => erased(await feedback.eraseUser(params.id)),
  );
  app.get(
    '/api/reranker/nohits',
    route('admin', 'log', {
      summary: 'List the newest queries without results',
      response: {
        200: z.object({
          queries: z.array(z.object({ query: z.string(), ts: z.string() })),
          count: z.int(),
        }),
      },
    }),
    async () => {
      const found = await feedback.withoutResults(50);
      return {
        queries: found.map(({ query, time }) => ({ query, ts: time })),
        count: found.length,
      };
    },
  );
}
