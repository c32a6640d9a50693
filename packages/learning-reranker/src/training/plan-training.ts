/** A training run as the settings and a request make it: one way for every door. */
import type {
  CrossEncoderTrainingArguments,
  LossDescription,
  LossParameters,
} from '@learning-reranker/cross-encoder';
import type { Settings } from '../config/index.js';
import type { BuiltSnapshot } from '../datasets/index.js';
import type { ResolvedModel } from '../registry/index.js';
import type { NewRun } from './start-training.js';

/** Rows of the starter's own data mixed in, per hundred rows of the user's. */
export const REPLAY_PERCENT = 20;

/** Records that are enough to be passed over once. */
const ENOUGH_RECORDS = 1500;
/** Passes over fewer of them at most: more learns the records by heart. */
const MOST_EPOCHS = 3;

/** Dev queries that an evaluation during training looks at. */
const DEV_QUERIES = 60;

/** Training arguments that are no settings: each is given for one run, or is SBERT's default. */
export interface RunArguments {
  readonly weightDecay?: number;
  readonly maxGradNorm?: number;
  readonly gradientAccumulationSteps?: number;
  readonly maxSteps?: number;
  readonly seed?: number;
  readonly lrSchedulerType?: CrossEncoderTrainingArguments['lrSchedulerType'];
  readonly earlyStoppingPatience?: number;
}

export type TrainingSettings = Pick<
  Settings,
  'dataDir' | 'epochs' | 'trainBatch' | 'learningRate' | 'warmupRatio' | 'trainMaxLength'
>;

export interface RunPlan extends RunArguments {
  readonly snapshot: Pick<BuiltSnapshot, 'path' | 'manifest'>;
  readonly base: ResolvedModel;
  readonly description: LossDescription;
  readonly lossParameters: LossParameters;
}

export function newRunOf(settings: TrainingSettings, plan: RunPlan): NewRun {
  const { snapshot, base, description, lossParameters } = plan;
  const epochs = epochsOf(settings.epochs, snapshot.manifest.counts.train);
  return {
    datasetPath: snapshot.path,
    dataDir: settings.dataDir,
    lossAlias: description.alias,
    base: { id: base.id, path: base.path },
    loss: { name: description.name, parameters: lossParameters },
    arguments: trainingArgumentsOf({ ...settings, epochs }, plan),
    maxRows: null,
    replayPercent: REPLAY_PERCENT,
    devQueries: snapshot.manifest.counts.dev > 0 ? DEV_QUERIES : 0,
  };
}

/** As many passes as were set; where that is left open, more over fewer records. */
export function epochsOf(setting: TrainingSettings['epochs'], records: number): number {
  if (setting !== 'auto') return setting;
  return Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(ENOUGH_RECORDS / records)));
}

export function trainingArgumentsOf(
  settings: TrainingSettings,
  options: RunArguments,
): Partial<CrossEncoderTrainingArguments> {
  return {
    ...(settings.epochs !== 'auto' && { numTrainEpochs: settings.epochs }),
    perDeviceTrainBatchSize: settings.trainBatch,
    learningRate: settings.learningRate,
    warmupSteps: settings.warmupRatio,
    maxLength: settings.trainMaxLength,
    weightDecay: options.weightDecay ?? 0,
    maxGradNorm: options.maxGradNorm ?? 1,
    gradientAccumulationSteps: options.gradientAccumulationSteps ?? 1,
    maxSteps: options.maxSteps ?? -1,
    seed: options.seed ?? 42,
    ...(options.lrSchedulerType !== undefined && { lrSchedulerType: options.lrSchedulerType }),
    // When to evaluate and to save is the run's own business.
    evalStrategy: 'steps',
    ...(options.earlyStoppingPatience !== undefined && {
      earlyStoppingPatience: options.earlyStoppingPatience,
    }),
  };
}
