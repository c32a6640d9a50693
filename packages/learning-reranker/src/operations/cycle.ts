/** The whole loop as one job: mine, train, evaluate, and promote what passes the gate; it cannot make things worse. */
import { z } from 'zod';
import { SnapshotError } from '../datasets/index.js';
import { runEvaluation } from './evaluate.js';
import { mineRequestSchema, runMining } from './mine.js';
import { defineJob, type JobContext, partOf } from './operation.js';
import { runPromotion } from './promote.js';
import { runTraining, trainRequestSchema } from './train.js';

export const cycleRequestSchema = z
  .strictObject({
    mine: mineRequestSchema.default({ source: 'feedback' }),
    train: trainRequestSchema.default({}),
    action: z
      .enum(['propose', 'promote'])
      .default('promote')
      .describe('promote only through the gate, or only report what passed'),
    limit: z.int().min(1).optional(),
  })
  .meta({ id: 'CycleRequest' });

type Mined = Awaited<ReturnType<typeof runMining>>;

/** Shares of a cycle after which its mining and its training have ended, about as long as they take. */
const MINED = 0.1;
const TRAINED = 0.7;

export const cycle = defineJob(cycleRequestSchema, async (request, context) => {
  const mined = await mineOnce(request.mine, context);
  await sayStage('train', context);
  const { modelId } = await runTraining(request.train, partOf(context, MINED, TRAINED)).catch(
    (error: unknown) => {
      // By its name: it may come from another process.
      const isOfDataset = error instanceof Error && error.name === 'SnapshotError';
      throw isOfDataset ? new SnapshotError(saidWith(error, mined)) : error;
    },
  );
  if (modelId === null) throw new Error('a training that ended has a model');
  const limit = request.limit === undefined ? {} : { limit: request.limit };
  await sayStage(request.action, context);
  const last = partOf(context, TRAINED, 1);
  if (request.action === 'propose') {
    const report = await runEvaluation(
      { model: modelId, against: 'live', split: 'test', ...limit },
      last,
    );
    const live = report.against;
    const reason = `${report.decision?.reason ?? 'not compared'}; only proposed`;
    return { mined, model: modelId, promoted: false as const, live, reason, report };
  }
  const promotion = await runPromotion({ model: modelId, force: false, ...limit }, last);
  return { mined, model: modelId, ...promotion };
});

/** A cycle that an earlier worker left behind in its training does not mine again. */
async function mineOnce(
  request: z.output<typeof mineRequestSchema>,
  context: JobContext,
): Promise<Mined> {
  const before = await context.lastEvent('mined');
  if (before) return before.data as Mined;
  await sayStage('mine', context);
  return runMining(request, partOf(context, 0, MINED));
}

/** Once, however often a cycle that waits for another's training is taken up. */
async function sayStage(stage: string, context: JobContext): Promise<void> {
  const before = await context.lastEvent('stage');
  if (before?.data.stage !== stage) await context.say('stage', { stage });
}

/** Who just mined is told what came of it, not to mine first. */
function saidWith({ message }: Error, mined: Mined): string {
  const { source, records } = mined;
  if (records > 0) return message;
  const { searches, clicks } = mined as { searches?: number; clicks?: number };
  const found = searches === undefined ? '' : ` of ${searches} searches with ${clicks} clicks`;
  return `mining ${source} gave no training record${found}: it takes a query with a document that people clicked or liked, and the texts of both. ${message}`;
}
