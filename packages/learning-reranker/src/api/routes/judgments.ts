/** What would be learned from the log and why, and the same for other tools: of TREC, BEIR, MS MARCO, SBERT; CSV. */
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { clickModelNames, clickModels } from '../../judgments/index.js';
import { contentTypeOf, exportFormats, exportTypes } from '../../mining/formats/index.js';
import { exported } from '../../mining/sources/exports.js';
import { previewFeedback } from '../../mining/sources/feedback-preview.js';
import { minedFiles } from '../../mining/store.js';
import type { ServiceContext } from '../context.js';
import { errorSchema } from '../errors.js';
import { typed } from '../server.js';

const windowSchema = z.object({
  click_model: z.enum(clickModelNames).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
});

const optionsOf = (query: z.output<typeof windowSchema>) => ({
  clickModel: query.click_model,
  from: query.from === undefined ? undefined : new Date(query.from),
  until: query.until === undefined ? undefined : new Date(query.until),
});

export const rowSchema = z
  .object({
    query: z.string(),
    document_id: z.string(),
    text: z.string().nullable(),
    label: z.enum(['positive', 'negative', 'unsure', 'conflict']),
    grade: z.number(),
    relevance: z.number().nullable(),
    naive_relevance: z.number().nullable().describe('what clicks per impression say'),
    reason: z.string(),
  })
  .meta({ id: 'Judgment' });

export async function judgmentRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { db, settings, shownLog } = context;
  // What reranking showed a moment ago is judged as well.
  app.addHook('preHandler', () => shownLog.flush());
  app.get(
    '/api/judgments/preview',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['judgments'],
        summary: 'What mining would learn, and why, with the most proof first',
        querystring: windowSchema.extend({
          rows: z.coerce.number().int().min(1).max(500).default(50),
        }),
        response: { 200: z.object({ judgments: z.array(rowSchema) }), 400: errorSchema },
      },
    },
    async ({ query }) => ({
      judgments: await previewFeedback(db, { ...optionsOf(query), rows: query.rows }),
    }),
  );
  app.get(
    '/api/judgments/click-models',
    {
      config: { scope: 'read' },
      schema: {
        tags: ['judgments'],
        summary: 'How clicks can be read',
        response: {
          200: z.object({
            click_models: z.array(
              z.object({ name: z.string(), description: z.string(), source: z.string() }),
            ),
          }),
        },
      },
    },
    async () => ({
      click_models: clickModelNames.map((name) => {
        const { description, source } = clickModels[name];
        return { name, description, source };
      }),
    }),
  );
  app.get(
    '/api/judgments/export/:format',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['judgments'],
        summary: 'What was searched, shown and judged, or mined from it, for other tools',
        description:
          'Of the log: `qrels` and `run` (TREC; what was shown last for each query), `queries` and `corpus` (BEIR; ids as in qrels and run), `csv` (judgments with their reasons). Of what was mined: `triples` (MS MARCO), `sbert-pairs`, `sbert-tuples`, and `sbert-scored-tuples` of the records that have scores of a teacher.',
        produces: [...exportTypes, 'application/json'],
        params: z.object({ format: z.enum(exportFormats) }),
        querystring: windowSchema,
        response: { 200: z.any(), 400: errorSchema },
      },
    },
    async ({ params: { format }, query }, reply) => {
      const files = minedFiles(settings.dataDir, settings.tripletsPath);
      const text = await exported(format, { db, files }, optionsOf(query));
      return reply.header('content-type', contentTypeOf(format)).send(Readable.from(text));
    },
  );
}
