/** Trains the tiny model with one call, for tests. */
import type { CrossEncoder } from '../../src/cross-encoder.js';
import { createLoss } from '../../src/losses/index.js';
import type { CrossEncoderTrainingArguments } from '../../src/training/arguments.js';
import type { TrainingEvent } from '../../src/training/events.js';
import type { TrainingExample } from '../../src/training/example.js';
import type {
  CrossEncoderTrainerOptions,
  TrainOptions,
  TrainResult,
} from '../../src/training/options.js';
import { CrossEncoderTrainer } from '../../src/training/trainer.js';
import { colourPairs, tinyModel } from '../tiny-model.js';

export interface Outcome {
  readonly model: CrossEncoder;
  readonly result: TrainResult;
  readonly events: readonly TrainingEvent[];
}

export interface TinyRun
  extends TrainOptions,
    Partial<Pick<CrossEncoderTrainerOptions, 'model' | 'evaluator' | 'batchSampler'>> {
  readonly loss?: string;
  readonly rows?: readonly TrainingExample[];
  /** The training rows when absent, none when null. */
  readonly evalRows?: readonly TrainingExample[] | null;
  readonly dropout?: number;
}

export async function train(
  given: Partial<CrossEncoderTrainingArguments>,
  options: TinyRun = {},
): Promise<Outcome> {
  const { loss = 'bce', rows = colourPairs(), dropout = 0.1 } = options;
  const { evalRows = rows, evaluator, batchSampler } = options;
  const model = options.model ?? tinyModel({ dropout });
  const events: TrainingEvent[] = [];
  const trainer = new CrossEncoderTrainer({
    model,
    loss: createLoss(loss, loss === 'mnr' ? { numNegatives: 2 } : {}, model.numLabels),
    trainDataset: rows,
    ...(evalRows && { evalDataset: evalRows }),
    ...(evaluator && { evaluator }),
    ...(batchSampler && { batchSampler }),
    arguments: {
      perDeviceTrainBatchSize: 4,
      learningRate: 1e-2,
      saveStrategy: 'no',
      threads: 1,
      ...given,
    },
  });
  const { signal, resumeFromCheckpoint, onEvent } = options;
  const result = await trainer.train({
    ...(signal && { signal }),
    ...(resumeFromCheckpoint !== undefined && { resumeFromCheckpoint }),
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  return { model, result, events };
}

/** Every number of every weight, to compare runs bit for bit. */
export function bits(model: CrossEncoder): Record<string, readonly number[]> {
  return Object.fromEntries(
    [...model.weights].map(([name, { data }]) => [name, [...new Uint32Array(data.slice().buffer)]]),
  );
}

/** The loss, the learning rate and the gradient's norm of every update. */
export function steps({ events }: Pick<Outcome, 'events'>) {
  return events.flatMap((event) =>
    event.type === 'step'
      ? [{ loss: event.loss, learningRate: event.learningRate, gradNorm: event.gradNorm }]
      : [],
  );
}

export function evaluations({ events }: Pick<Outcome, 'events'>) {
  return events.filter((event) => event.type === 'evaluation');
}
