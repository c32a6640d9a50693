/** Makes the request of a training from a dataset, a base model, a loss and arguments. */
import {
  type CrossEncoderTrainingArguments,
  exposedTrainingArguments,
  type LossDescription,
  type LossParameters,
  type ParameterValue,
} from '@learning-reranker/cross-encoder';
import type { BuiltSnapshot } from '../datasets/index.js';
import type { ResolvedModel } from '../registry/index.js';
import type { NewTraining } from './start-training.js';

/** Rows of the base model's own data per hundred rows of the dataset. */
const REPLAY_PERCENT = 20;

/** The number of training records for which one epoch suffices. */
const ENOUGH_RECORDS = 1500;
/** The most epochs over fewer records; more would overfit. */
const MOST_EPOCHS = 3;

/** Dev queries of an evaluation during training. */
const DEV_QUERIES = 60;

/** Values by the exposed names of training arguments, with `epochs: 'auto'`. Missing values are SBERT's defaults. */
export type ChosenArguments = Readonly<Record<string, ParameterValue | undefined>>;

export interface TrainingPlan {
  readonly dataDir: string;
  readonly snapshot: Pick<BuiltSnapshot, 'path' | 'manifest'>;
  readonly base: ResolvedModel;
  readonly description: LossDescription;
  readonly lossParameters: LossParameters;
  readonly chosen: ChosenArguments;
}

export function planTraining(plan: TrainingPlan): NewTraining {
  const { dataDir, snapshot, base, description, lossParameters, chosen } = plan;
  const { train, dev } = snapshot.manifest.counts;
  const epochs = epochsOf((chosen.epochs ?? 'auto') as number | 'auto', train);
  return {
    datasetPath: snapshot.path,
    dataDir,
    lossAlias: description.alias,
    base: { id: base.id, path: base.path },
    loss: { name: description.name, parameters: lossParameters },
    arguments: trainingArgumentsOf({ ...chosen, epochs }),
    maxRows: null,
    replayPercent: REPLAY_PERCENT,
    devQueries: dev > 0 ? DEV_QUERIES : 0,
  };
}

/** The number of epochs; `auto` chooses more for fewer records. */
export function epochsOf(setting: number | 'auto', records: number): number {
  if (setting !== 'auto') return setting;
  return Math.min(MOST_EPOCHS, Math.max(1, Math.ceil(ENOUGH_RECORDS / records)));
}

/** The arguments of `CrossEncoderTrainer`, with defaults, because models record them. */
function trainingArgumentsOf(chosen: ChosenArguments): Partial<CrossEncoderTrainingArguments> {
  const values = exposedTrainingArguments.flatMap(({ name, argument, default: fallback }) => {
    const value = chosen[name] ?? fallback;
    return value === null || value === 'auto' ? [] : [[argument, value]];
  });
  // evaluation-plan.ts decides when the training evaluates and saves.
  return { ...Object.fromEntries(values), evalStrategy: 'steps' };
}
