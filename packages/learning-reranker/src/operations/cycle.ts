/** The whole loop: mine, train, evaluate, and promote the model if it passes the gate. */
import { dataShapes, findLoss, kindOf } from '@learning-reranker/cross-encoder';
import { z } from 'zod';
import { SnapshotError } from '../datasets/index.js';
import { evaluateModel, limitSchema } from './evaluate.js';
import { type MiningCounts, mine, mineRecords } from './mine.js';
import {
  checkField,
  defineOperation,
  type OperationContext,
  partOf,
  RequestError,
} from './operation.js';
import { promoteModel } from './promote.js';
import { train, trainedLoss, trainModel } from './train.js';

const schema = z
  .strictObject({
    mine: mine.schema.default({ source: 'feedback' }),
    train: train.schema.default({}),
    action: z
      .enum(['propose', 'promote'])
      .default('promote')
      .describe('promote: make the model live if it passes the gate. propose: only report.'),
    limit: limitSchema.optional(),
  })
  .meta({ id: 'CycleRequest' });

export type CycleRequest = z.output<typeof schema>;

export const cycle = defineOperation({
  schema,
  examples: {
    promote: { summary: 'learn from feedback; promote a model that passes the gate', value: {} },
    propose: {
      summary: 'learn from code; only report',
      value: { mine: { source: 'code', folders: ['.'] }, action: 'propose' },
    },
  },
  activity: 'cycle',
  paths: (request) =>
    (mine.paths?.(request.mine) ?? []).map(({ field, path }) => ({ field: `mine.${field}`, path })),
  // The events of its job record what is done, so that a killed cycle continues there.
  needsDatabase: () => true,
  lossOf: (request, settings) => trainedLoss(request.train.loss, settings),
  async precheck(request, settings) {
    await checkField('train', () => train.precheck?.(request.train, settings));
    const { name, dataShape } = findLoss(request.train.loss ?? settings.loss);
    // The cycle replaces the mined records, so scores that an earlier mining asked for are gone.
    if (
      dataShapes[dataShape].labels === 'teacher' &&
      !('teacher' in request.mine && request.mine.teacher)
    ) {
      throw new RequestError(
        'conflict',
        'mine.teacher',
        `${name} learns from teacher scores, and this cycle mines none. Set mine.teacher, or run: reranker cycle --teacher <model>`,
      );
    }
    await checkField('mine', () => mine.precheck?.(request.mine, settings));
  },
  run: runCycle,
});

/** The progress at which mining and training end. */
const MINED = 0.1;
const TRAINED = 0.7;

async function runCycle(request: CycleRequest, context: OperationContext) {
  const mined = await mineOnce(request.mine, context);
  await enterStage('train', context);
  const { modelId } = await trainModel(request.train, partOf(context, MINED, TRAINED)).catch(
    (error: unknown) => {
      throw withMinedCounts(error, mined);
    },
  );
  if (modelId === null) throw new Error('A completed training has a model.');
  const limit = request.limit === undefined ? {} : { limit: request.limit };
  await enterStage(request.action, context);
  const last = partOf(context, TRAINED, 1);
  if (request.action === 'propose') {
    const report = await evaluateModel(
      { model: modelId, against: 'live', split: 'test', ...limit },
      last,
    );
    const reason = `${report.decision?.reason ?? 'not compared'}; only proposed`;
    const { against: live } = report;
    return { mined, model: modelId, promoted: false as const, live, reason, report };
  }
  const promotion = await promoteModel({ model: modelId, force: false, ...limit }, last);
  return { mined, model: modelId, ...promotion };
}

/** Mines, unless an earlier attempt of the same job did. */
async function mineOnce(request: CycleRequest['mine'], context: OperationContext) {
  const before = await context.lastEvent('mined');
  if (before) return before.data as MiningCounts;
  await enterStage('mine', context);
  return mineRecords(request, partOf(context, 0, MINED));
}

/** Writes the event once, even if the cycle starts repeatedly because it waits for another training. */
async function enterStage(stage: string, context: OperationContext): Promise<void> {
  const before = await context.lastEvent('stage');
  if (before?.data.stage !== stage) await context.event('stage', { stage });
}

/** When there are no records to train on, the error says what this cycle mined instead of asking to mine first. */
function withMinedCounts(error: unknown, { source, records, ...mined }: MiningCounts): unknown {
  const isAboutData = ['conflict', 'invalid'].includes(kindOf(error));
  if (!(error instanceof Error && isAboutData && records === 0)) return error;
  const { searches, clicks } = mined as { searches?: number; clicks?: number };
  const found = searches === undefined ? '' : ` of ${searches} searches with ${clicks} clicks`;
  return new SnapshotError(
    `Mining ${source} gave no training records${found}. A record needs a query and a document that users clicked or rated well, with both texts. ${error.message}`,
  );
}
