/** The whole loop on the code of installed packages, sized to take a few minutes on this machine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { BuiltSnapshot } from '../datasets/index.js';
import { installedPackages } from '../mining/installed-packages.js';
import { minedFiles } from '../mining/store.js';
import { inChildProcess } from '../processes/heavy-work.js';
import { readHistory, readLive, resolveModel, STARTER } from '../registry/index.js';
import { readRequest, unfinishedTrainings } from '../training/start-training.js';
import { type DemoExample, findExample, pairsPerSecond } from './demo-measurements.js';
import { mine, mineRecords } from './mine.js';
import { checkField, defineOperation, type OperationContext, partOf } from './operation.js';
import { type PromotionReport, promoteModel } from './promote.js';
import {
  allowedLoss,
  lossSchema,
  prepareDatasetInChild,
  trainedLoss,
  trainModel,
} from './train.js';

const schema = z
  .strictObject({
    loss: lossSchema.optional(),
    folder: z
      .string()
      .min(1)
      .optional()
      .describe('A node_modules folder. The default is the nearest one that contains TypeScript.'),
    fresh: z
      .boolean()
      .default(false)
      .describe('Mine and train again instead of reusing the results of an earlier demo.'),
  })
  .meta({ id: 'DemoRequest' });

type DemoRequest = z.output<typeof schema>;

export const demo = defineOperation({
  schema,
  examples: { example: { summary: 'a few minutes on two cores', value: {} } },
  activity: 'demo',
  paths: ({ folder }) => (folder === undefined ? [] : [{ field: 'folder', path: folder }]),
  lossOf: ({ loss }, settings) => trainedLoss(loss, settings),
  async precheck({ loss }, settings) {
    await checkField('loss', () => allowedLoss(loss, settings));
  },
  run: runDemo,
});

/** Seconds for the two long steps. Their size follows from how fast this machine scores pairs. */
const TRAINING_SECONDS = 100;
const EVALUATION_SECONDS = 80;
/** Training on one pair takes as long as scoring this many. */
const TRAINING_COST = 4;
/** Pairs scored per test query: 50 candidates by two models, and 50 candidates of a dev query by one. */
const PAIRS_PER_QUERY = 150;
/** The fewest and the most test queries; fewer would leave the outcome to chance. */
const QUERIES = [120, 300] as const;
const ROWS = [640, 16_000] as const;
const MAX_LENGTH = 256;

const here = new URL('./demo-measurements.js', import.meta.url).href;
const pairsPerSecondInChild = inChildProcess(here, pairsPerSecond);
const findExampleInChild = inChildProcess(here, findExample);

/** What an earlier demo of this data folder made. */
interface DemoState {
  readonly datasetHash: string;
  readonly lossName: string;
  readonly modelId: string;
  readonly promotion?: PromotionReport;
}

async function runDemo({ loss, folder, fresh }: DemoRequest, given: OperationContext) {
  const settings: Settings = {
    ...given.settings,
    maxLength: MAX_LENGTH,
    trainMaxLength: Math.min(MAX_LENGTH, given.settings.trainMaxLength),
  };
  const context = { ...given, settings };
  const { dataDir } = settings;
  const { name: lossName } = allowedLoss(loss, settings);
  const mined = await mineOnce(folder, fresh, partOf(context, 0, 0.1));
  const starter = await resolveModel(dataDir, STARTER);
  context.progress({ message: 'making the dataset' });
  const { snapshot, verified } = await prepareDatasetInChild(
    {
      dataDir,
      tripletsPath: settings.tripletsPath,
      dataset: undefined,
      basePath: starter.path,
      loss: lossName,
      maxLength: settings.trainMaxLength,
      batchSize: settings.trainBatch,
    },
    context,
  );
  const dataset = snapshot.manifest.hash;
  context.progress({ message: 'measuring the speed of this machine' });
  const speed = await pairsPerSecondInChild(
    { modelPath: starter.path, datasetPath: snapshot.path, maxLength: MAX_LENGTH },
    context,
  );
  await context.event('speed', { pairs_per_second: Math.round(speed), dataset });

  const known = fresh ? null : await readState(dataDir, dataset, lossName);
  const modelId =
    known?.modelId ?? (await train(lossName, snapshot, verified.rows, speed, context));
  const state = { datasetHash: dataset, lossName, modelId };
  await writeState(dataDir, state);
  const limit = within(QUERIES, (speed * EVALUATION_SECONDS) / PAIRS_PER_QUERY);
  const promotion = await promoteOnce(modelId, known?.promotion, limit, partOf(context, 0.6, 0.95));
  await writeState(dataDir, { ...state, promotion });
  const example: DemoExample | null = await findExampleInChild(
    {
      datasetPath: snapshot.path,
      model: await resolveModel(dataDir, modelId),
      alpha: settings.alpha,
      maxLength: MAX_LENGTH,
    },
    context,
  );
  return { mined, dataset, model: modelId, reused: known !== null, ...promotion, example };
}

async function mineOnce(folder: string | undefined, fresh: boolean, context: OperationContext) {
  const before = await context.lastEvent('mined');
  if (before) return before.data;
  const folders = installedPackages(folder);
  const isMined = await markAsDemo(context.settings);
  if (isMined && !fresh) return null;
  return mineRecords(mine.schema.parse({ source: 'code', folders, mode: 'replace' }), context);
}

/** Trains for about `TRAINING_SECONDS`, or resumes the training that an earlier demo left unfinished. */
async function train(
  loss: string,
  snapshot: Pick<BuiltSnapshot, 'path' | 'manifest'>,
  rows: number,
  speed: number,
  context: OperationContext,
): Promise<string> {
  const { dataDir, trainBatch } = context.settings;
  const stopped = (await unfinishedTrainings(dataDir)).at(-1);
  const request = stopped === undefined ? null : await readRequest(dataDir, stopped);
  const isSame = request?.datasetPath === snapshot.path && request.loss.name === loss;
  const affordable = within(ROWS, (speed * TRAINING_SECONDS) / TRAINING_COST);
  const { modelId } = await trainModel(
    isSame && stopped !== undefined
      ? { resume: stopped }
      : {
          loss,
          base: STARTER,
          dataset: snapshot.manifest.hash,
          epochs: 1,
          max_steps: Math.ceil(Math.min(affordable, rows) / trainBatch),
        },
    partOf(context, 0.1, 0.6),
  );
  if (modelId === null) throw new Error('A completed training has a model.');
  return modelId;
}

/** Promotes the model, unless it was rolled back: that was a user's decision. */
async function promoteOnce(
  model: string,
  known: PromotionReport | undefined,
  limit: number,
  context: OperationContext,
): Promise<PromotionReport> {
  const { dataDir } = context.settings;
  const { id: live } = await readLive(dataDir);
  if (known && live === (known.promoted ? model : known.live)) return known;
  const wasLive = (await readHistory(dataDir)).some(({ to }) => to === model);
  if (known && live !== model && wasLive) {
    const reason = `${model} was promoted and rolled back`;
    const report = 'report' in known ? known.report : undefined;
    if (report) return { promoted: false, live, reason, report };
  }
  return promoteModel({ model, force: false, limit }, context);
}

function within([lowest, highest]: readonly [number, number], value: number): number {
  return Math.round(Math.min(highest, Math.max(lowest, value)));
}

const statePath = (dataDir: string) => join(dataDir, 'demo.json');

function writeState(dataDir: string, state: DemoState): Promise<void> {
  return writeFileAtomically(statePath(dataDir), `${JSON.stringify(state, null, 2)}\n`);
}

/** What an earlier demo made from the same dataset with the same loss, if its model is still complete. */
async function readState(
  dataDir: string,
  dataset: string,
  loss: string,
): Promise<DemoState | null> {
  try {
    const state = JSON.parse(await readFile(statePath(dataDir), 'utf8')) as DemoState;
    if (state.datasetHash !== dataset || state.lossName !== loss) return null;
    await resolveModel(dataDir, state.modelId);
    return state;
  } catch {
    return null;
  }
}

/** The data folder holds code that a user mined. */
export class DemoError extends TypedError {
  override readonly name = 'DemoError';
  readonly kind = 'conflict';
}

/** Whether an earlier demo mined the code here. @throws {DemoError} if a user did */
async function markAsDemo({ dataDir, tripletsPath }: Settings): Promise<boolean> {
  const mark = join(dataDir, 'demo-mined');
  const isMined = existsSync(minedFiles(dataDir, tripletsPath).corpora.code);
  const isDemo = existsSync(mark) || existsSync(statePath(dataDir));
  if (isMined && !isDemo) {
    throw new DemoError(
      `${dataDir} holds code that you mined, and the demo would replace it. To learn from it, run: reranker cycle <folders>. For the demo, start a service with another --data-dir.`,
    );
  }
  await writeFileAtomically(mark, 'The mined code in this folder belongs to the demo.\n');
  return isMined;
}
