/** What would be learned from the log and why, and the same for other tools: of TREC, BEIR, MS MARCO, SBERT; CSV. */
import { Readable } from 'node:stream';
import { dataShapes, lossDescriptions } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { projectRecords } from '../../datasets/index.js';
import type { ExportForm } from '../../exchange/format.js';
import { exportForm, exportForms, optionsOfExport } from '../../exchange/index.js';
import { clickModelNames, clickModels } from '../../judgments/index.js';
import { exportSource } from '../../mining/export-source.js';
import { previewFeedback } from '../../mining/sources/feedback-preview.js';
import { minedFiles } from '../../mining/store.js';
import type { TrainingRecord } from '../../records/training-record.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { typed } from '../server.js';

const windowSchema = z.object({
  click_model: z.enum(clickModelNames).optional(),
  from: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  minimum_impressions: z.coerce.number().int().min(1).optional(),
  minimum_clicks: z.coerce.number().int().min(1).optional(),
});

const optionsOf = (query: z.output<typeof windowSchema>) => ({
  clickModel: query.click_model,
  from: query.from === undefined ? undefined : new Date(query.from),
  until: query.until === undefined ? undefined : new Date(query.until),
  minimumImpressions: query.minimum_impressions,
  minimumClicks: query.minimum_clicks,
});

const rowSchema = z
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

const labelCounts = z.object({ positive: z.int(), negative: z.int(), unsure: z.int() });

const countsSchema = z.object({
  searches: z.int(),
  clicks: z.int(),
  clicks_not_shown: z
    .int()
    .describe('on documents that their search did not show, by their ids: not learned from'),
  feedback_without_search: z
    .int()
    .describe('clicks and ratings whose event_id no search has: not learned from'),
  queries: z.int(),
  weighted_clients: z.int().describe('who do so much more than others that they count for less'),
  click_model: z.enum(clickModelNames),
  propensities: z.object({ method: z.string(), by_rank: z.array(z.number()) }),
  judgments: labelCounts,
  naive_judgments: labelCounts.describe('by clicks per impression'),
  corrected: z.int().describe('judgments that clicks per impression would get otherwise'),
  conflicts: z.int().describe('refused: as many like as dislike'),
  without_text: z.int().describe('judged, but nobody sent their text'),
});

const rowsOfLossSchema = z.object({
  loss: z.string(),
  data_shape: z.string(),
  rows: z.int().describe('that it would learn from'),
  needs_teacher: z.boolean().describe("whether mining must ask for a teacher's scores first"),
});

export const previewSchema = z
  .object({
    judgments: z.array(rowSchema),
    counts: countsSchema,
    records: z.int(),
    losses: z.array(rowsOfLossSchema),
  })
  .meta({ id: 'JudgmentPreview' });

/** Scores that mining would yet ask for stand in as 0: they are counted, not learned. */
function rowsByLoss(records: readonly TrainingRecord[]): z.output<typeof rowsOfLossSchema>[] {
  const scored = records.map((record) => ({
    ...record,
    teacher_scores: [record.positive, ...record.negatives].map(() => 0),
  }));
  return lossDescriptions.map(({ name, dataShape }) => ({
    loss: name,
    data_shape: dataShape,
    rows: projectRecords(scored, dataShape).length,
    needs_teacher: dataShapes[dataShape].labels === 'teacher',
  }));
}

const listed = (options: readonly string[]) => options.join(', ') || 'no options';

function describe(form: ExportForm): string {
  return `- \`${form.name}\`: ${form.description}. Options: ${listed(optionsOfExport(form))}.`;
}

export async function judgmentRoutes(instance: FastifyInstance, context: ServiceContext) {
  const app = typed(instance);
  const { db, settings, shownLog } = context;
  const forms = exportForms();
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
          keywords: z
            .stringbool()
            .optional()
            .describe('whether terms that tell liked from disliked results label the others'),
        }),
        response: {
          200: previewSchema,
          400: errorSchema,
        },
      },
    },
    async ({ query }) => {
      const { rows: most, keywords } = query;
      const options = { ...optionsOf(query), rows: most, keywords };
      const { rows, counts, records } = await previewFeedback(db, options);
      return {
        judgments: [...rows],
        counts: {
          ...counts,
          propensities: {
            ...counts.propensities,
            by_rank: [...counts.propensities.by_rank],
          },
        },
        records: records.length,
        losses: rowsByLoss(records),
      };
    },
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
        description: `Each format and the options it takes:\n\n${forms.map(describe).join('\n')}`,
        produces: [...new Set(forms.map(({ contentType }) => contentType)), 'application/json'],
        params: z.object({ format: z.enum(forms.map(({ name }) => name)) }),
        querystring: windowSchema,
        response: { 200: z.any(), 400: errorSchema },
      },
    },
    async ({ params: { format }, query }, reply) => {
      const form = exportForm(format);
      const taken = optionsOfExport(form);
      const idle = Object.keys(query).find((name) => !taken.includes(name));
      if (idle !== undefined) {
        const problem = `${format} takes ${listed(taken)}, not ${idle}`;
        throw new ApiError('invalid_request', problem, { field: idle });
      }
      const files = minedFiles(settings.dataDir, settings.tripletsPath);
      const text = await form.write(exportSource({ db, files }, optionsOf(query)));
      const type = `${form.contentType}; charset=utf-8`;
      return reply.header('content-type', type).send(Readable.from(text));
    },
  );
}
