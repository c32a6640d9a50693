/** Previews the judgments that mining derives from feedback, and exports them in formats of other tools. */
import { Readable } from 'node:stream';
import { dataShapes, lossDescriptions } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { projectRecords } from '../../datasets/index.js';
import type { ExportForm } from '../../exchange/format.js';
import { exportForms, optionsOfExport } from '../../exchange/index.js';
import { clickModelNames, clickModels } from '../../judgments/click-models/index.js';
import { exportSource } from '../../mining/export-source.js';
import { previewFeedback } from '../../mining/sources/feedback-preview.js';
import { minedFiles } from '../../mining/store.js';
import type { TrainingRecord } from '../../records/training-record.js';
import type { ServiceContext } from '../context.js';
import { ApiError, errorSchema } from '../errors.js';
import { route, typed } from '../server.js';

/** A function, because its click models are those that are registered when the service starts. */
const windowSchema = () =>
  z.object({
    click_model: z.enum(clickModelNames()).optional(),
    from: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    minimum_impressions: z.coerce.number().int().min(1).optional(),
    minimum_clicks: z.coerce.number().int().min(1).optional(),
  });

const optionsOf = (query: z.output<ReturnType<typeof windowSchema>>) => ({
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
    naive_relevance: z
      .number()
      .nullable()
      .describe('Clicks per impression, without a click model.'),
    reason: z.string(),
  })
  .meta({ id: 'Judgment' });

const labelCounts = z.object({ positive: z.int(), negative: z.int(), unsure: z.int() });

const countsSchema = z.object({
  searches: z.int(),
  clicks: z.int(),
  clicks_not_shown: z
    .int()
    .describe(
      'Clicks on documents that are not among the results of their search. They are ignored.',
    ),
  feedback_without_search: z
    .int()
    .describe('Clicks and ratings whose event id belongs to no search. They are ignored.'),
  queries: z.int(),
  weighted_clients: z.int().describe('Clients with so many clicks that each click weighs less.'),
  click_model: z.string(),
  propensities: z.object({ method: z.string(), by_rank: z.array(z.number()) }),
  judgments: labelCounts,
  naive_judgments: labelCounts.describe(
    'The judgments by clicks per impression, without a click model.',
  ),
  corrected: z.int().describe('Judgments that the click model changed.'),
  conflicts: z
    .int()
    .describe('Documents with as many positive as negative ratings. They are ignored.'),
  without_text: z.int().describe('Judged documents whose text is unknown.'),
});

const rowsOfLossSchema = z.object({
  loss: z.string(),
  data_shape: z.string(),
  rows: z.int().describe('Rows that the loss would train on.'),
  needs_teacher: z.boolean().describe('Whether mining must add teacher scores first.'),
});

export const previewSchema = z
  .object({
    judgments: z.array(rowSchema),
    counts: countsSchema,
    records: z.int(),
    losses: z.array(rowsOfLossSchema),
  })
  .meta({ id: 'JudgmentPreview' });

/** Teacher scores are 0 here, because the rows are counted and not trained on. */
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
  // Impressions of reranking are written with a delay, and the judgments must include them.
  app.addHook('preHandler', () => shownLog.flush());
  app.get(
    '/api/judgments/preview',
    route('admin', 'judgments', {
      summary: 'Preview the judgments that mining would derive, with their reasons',
      querystring: windowSchema().extend({
        rows: z.coerce.number().int().min(1).max(500).default(50),
        keywords: z
          .stringbool()
          .optional()
          .describe(
            'Whether terms that are typical of relevant documents are used to label documents without feedback.',
          ),
      }),
      response: {
        200: previewSchema,
        400: errorSchema,
      },
    }),
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
    route('read', 'judgments', {
      summary: 'List the click models',
      response: {
        200: z.object({
          click_models: z.array(
            z.object({ name: z.string(), description: z.string(), source: z.string() }),
          ),
        }),
      },
    }),
    async () => ({
      click_models: clickModels().map(({ name, description, source }) => ({
        name,
        description,
        source,
      })),
    }),
  );
  app.get(
    '/api/judgments/export/:format',
    route('admin', 'judgments', {
      summary: 'Export searches, judgments or training records for other tools',
      description: `The formats and the options of each:\n\n${forms.map(describe).join('\n')}`,
      produces: [...new Set(forms.map(({ contentType }) => contentType)), 'application/json'],
      params: z.object({ format: z.enum(forms.map(({ name }) => name)) }),
      querystring: windowSchema(),
      response: { 200: z.any(), 400: errorSchema },
    }),
    async ({ params: { format }, query }, reply) => {
      const form = forms.find(({ name }) => name === format) as ExportForm;
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
