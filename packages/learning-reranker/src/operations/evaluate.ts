/** Evaluates a model against another on held-out queries. */
import { z } from 'zod';
import { type ComparedModels, compareWithProgress } from '../comparison/compare-models.js';
import { findSnapshot } from '../datasets/index.js';
import { inChildProcess, type WorkProgress } from '../processes/heavy-work.js';
import { type ResolvedModel, resolveModel } from '../registry/index.js';
import {
  checkField,
  datasetHashSchema,
  defineOperation,
  localModelSchema,
  modelNameSchema,
  type OperationContext,
} from './operation.js';

export const limitSchema = z
  .int()
  .min(1)
  .describe('Maximum number of held-out queries to use, chosen by hash.');

export const minimumQueriesSchema = z
  .int()
  .min(1)
  .describe('Minimum number of held-out queries for a decision. The default is 30.');

const schema = z
  .strictObject({
    model: modelNameSchema
      .optional()
      .describe("'live', 'starter' or a model id. The default is the live model."),
    against: modelNameSchema
      .optional()
      .describe('The model to compare with. The default is the starter model.'),
    dataset: datasetHashSchema
      .optional()
      .describe(
        "A dataset's hash or its beginning. The default is the dataset that the model was trained on.",
      ),
    split: z
      .enum(['dev', 'test'])
      .default('test')
      .describe('The held-out queries to use. The default is test.'),
    limit: limitSchema.optional(),
    minimum_queries: minimumQueriesSchema.optional(),
    dtype: z
      .enum(['fp32', 'int8'])
      .optional()
      .describe('The number format of the computation. The default is fp32.'),
  })
  .meta({ id: 'EvaluateRequest' });

export type EvaluateRequest = z.output<typeof schema>;

export const evaluate = defineOperation({
  schema,
  localSchema: schema.extend({
    model: localModelSchema
      .optional()
      .describe("'live', 'starter', a model id or a folder. The default is the live model."),
    against: localModelSchema
      .optional()
      .describe('The model to compare with. The default is the starter model.'),
  }),
  examples: {
    example: {
      summary: 'the live model against the starter model',
      value: { model: 'live', against: 'starter' },
    },
  },
  activity: 'evaluating',
  async precheck({ model, against, dataset }, { dataDir }) {
    if (model !== undefined) await checkField('model', () => resolveModel(dataDir, model));
    if (against !== undefined) await checkField('against', () => resolveModel(dataDir, against));
    if (dataset !== undefined) await checkField('dataset', () => findSnapshot(dataDir, dataset));
  },
  run: evaluateModel,
});

const compareInChild = inChildProcess(
  new URL('../comparison/compare-models.js', import.meta.url).href,
  compareWithProgress,
);

export type EvaluationReport = ReturnType<typeof reportOf>;

/** Compares two models. */
export async function evaluateModel(
  request: EvaluateRequest,
  context: OperationContext,
): Promise<EvaluationReport> {
  const { settings, signal } = context;
  const [model, against] = await Promise.all([
    resolveModel(settings.dataDir, request.model ?? 'live'),
    resolveModel(settings.dataDir, request.against ?? 'starter'),
  ]);
  const compared = await compareInChild(
    {
      dataDir: settings.dataDir,
      tripletsPath: settings.tripletsPath,
      model,
      against,
      split: request.split,
      alpha: settings.alpha,
      limit: request.limit,
      dataset: request.dataset,
      minimumQueries: request.minimum_queries,
      scorer: {
        dtype: request.dtype ?? 'fp32',
        maxLength: settings.maxLength,
        batchSize: settings.batch,
      },
    },
    { signal, onProgress: withEta(context.progress) },
  );
  const report = reportOf(model, against, request.split, compared);
  await context.event('evaluation', report);
  return report;
}

/** Adds the remaining time. All pairs take about the same time. */
function withEta(progress: OperationContext['progress']): (now: WorkProgress) => void {
  const began = Date.now();
  return ({ share = 0, message = '' }) =>
    progress({
      share,
      message,
      etaSeconds: share > 0 ? ((Date.now() - began) / 1000) * ((1 - share) / share) : null,
    });
}

function reportOf(
  model: ResolvedModel,
  against: ResolvedModel,
  split: 'dev' | 'test',
  compared: ComparedModels,
) {
  const { evaluation, decision, againstSearch, bestAlpha, servedAlpha, datasetHash } = compared;
  return {
    model: model.id,
    loss: model.loss,
    base: model.manifest?.base ?? null,
    seed: model.manifest?.seed ?? null,
    against: against.id,
    against_loss: against.loss,
    dataset: datasetHash,
    split,
    evaluation: evaluation.hash,
    queries: evaluation.queries,
    recall_at_depth: evaluation.recallAtDepth,
    best_alpha: bestAlpha,
    served_alpha: servedAlpha,
    systems: evaluation.systems.map(({ system, n, metrics }) => ({ system, n, metrics })),
    decision,
    against_search: againstSearch,
  };
}
