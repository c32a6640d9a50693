/** Makes a model live: through the gate, or by force. The history records which. */
import { z } from 'zod';
import {
  LiveChangedError,
  promote as makeLive,
  promotableModel,
  readLive,
} from '../registry/index.js';
import {
  type EvaluationReport,
  evaluateModel,
  limitSchema,
  minimumQueriesSchema,
} from './evaluate.js';
import {
  checkField,
  defineOperation,
  modelNameSchema,
  type OperationContext,
  RequestError,
} from './operation.js';

const schema = z
  .strictObject({
    model: modelNameSchema.describe('A model id.'),
    force: z
      .boolean()
      .default(false)
      .describe('Make the model live without a comparison. The history records it.'),
    limit: limitSchema.optional(),
    minimum_queries: minimumQueriesSchema.optional(),
  })
  .meta({ id: 'PromoteRequest' });

export type PromoteRequest = z.output<typeof schema>;
export type PromotionReport = Awaited<ReturnType<typeof promoteModel>>;

export const promote = defineOperation({
  schema,
  examples: {
    example: {
      summary: 'a model from a training',
      value: { model: '20260131T120000Z-softmax' },
    },
  },
  activity: 'promoting',
  async precheck({ model }, { dataDir }) {
    await checkField('model', () => promotableModel(dataDir, model));
  },
  checkSchedule({ force }) {
    if (force) throw new RequestError('invalid', 'force', 'A schedule cannot force a promotion.');
  },
  run: promoteModel,
});

/** The most comparisons, when another model goes live during each. */
const MOST_COMPARISONS = 3;

export async function promoteModel(
  { model: name, force, limit, minimum_queries }: PromoteRequest,
  context: OperationContext,
) {
  const { dataDir } = context.settings;
  const before = await promotedBefore(context);
  if (before) return before;
  const model = await promotableModel(dataDir, name);
  if (force) {
    const reason = 'forced, without a comparison';
    const row = await makeLive(dataDir, model.id, { forced: true, reason });
    return { promoted: true as const, forced: true, ...row };
  }
  for (let comparison = 1; ; comparison++) {
    const report = await evaluateModel(
      { model: model.id, against: 'live', split: 'test', limit, minimum_queries },
      context,
    );
    const { against: over, decision } = report;
    const reason = decision?.reason ?? '';
    context.signal.throwIfAborted();
    if (!decision?.promoted) return { promoted: false as const, live: over, reason, report };
    try {
      const row = await makeLive(dataDir, model.id, { reason, over });
      return { promoted: true as const, forced: false, ...row, report };
    } catch (error) {
      if (!(error instanceof LiveChangedError) || comparison === MOST_COMPARISONS) throw error;
      void context.event('note', { text: error.message });
    }
  }
}

/**
 * The promotion by an earlier attempt whose worker was killed: the last change of the live model has the reason of
 * this job's comparison.
 */
async function promotedBefore(context: OperationContext) {
  const evaluation = await context.lastEvent('evaluation');
  if (!evaluation) return null;
  const report = evaluation.data as EvaluationReport;
  const { move: row } = await readLive(context.settings.dataDir);
  if (row?.action !== 'promote' || row.to !== report.model || row.from !== report.against) {
    return null;
  }
  if (row.reason !== report.decision?.reason) return null;
  return { promoted: true as const, forced: false, ...row, report };
}
