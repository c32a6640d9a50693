/** Gives the batches of a training in order, and keeps the current place. */
import type { CrossEncoderTrainingArguments } from './arguments.js';
import { shuffledBatches } from './batches.js';
import type { TrainerState } from './checkpoint.js';
import type { TrainingExample } from './example.js';
import { type CrossEncoderTrainerOptions, TrainingError } from './options.js';

/** The epoch, and how many of its batches have been used. */
export type BatchPlace = Pick<TrainerState, 'epoch' | 'batchInEpoch'>;

export class BatchQueue {
  place: BatchPlace = { epoch: 0, batchInEpoch: 0 };
  /** The batches of epoch 0, as row numbers. */
  readonly firstEpoch: readonly (readonly number[])[];
  readonly updatesPerEpoch: number;
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;
  #current: { readonly epoch: number; readonly batches: readonly (readonly number[])[] };

  /** @throws {TrainingError} `no-data` if the sampler returns no batch. */
  constructor(options: CrossEncoderTrainerOptions, given: CrossEncoderTrainingArguments) {
    this.#options = options;
    this.#arguments = given;
    this.firstEpoch = this.#batchesOf(0);
    this.#current = { epoch: 0, batches: this.firstEpoch };
    this.updatesPerEpoch = Math.ceil(this.firstEpoch.length / given.gradientAccumulationSteps);
  }

  /** The batches of the next update: `gradientAccumulationSteps` of them, or fewer at the end of an epoch. */
  next(): TrainingExample[][] {
    const { epoch, batchInEpoch } = this.place;
    if (this.#current.epoch !== epoch) this.#current = { epoch, batches: this.#batchesOf(epoch) };
    const { batches } = this.#current;
    const end = batchInEpoch + this.#arguments.gradientAccumulationSteps;
    this.place =
      end >= batches.length ? { epoch: epoch + 1, batchInEpoch: 0 } : { epoch, batchInEpoch: end };
    const { trainDataset } = this.#options;
    return batches
      .slice(batchInEpoch, end)
      .map((rows) => rows.map((row) => trainDataset[row] as TrainingExample));
  }

  #batchesOf(epoch: number): number[][] {
    const { trainDataset, batchSampler = shuffledBatches } = this.#options;
    const { perDeviceTrainBatchSize, seed } = this.#arguments;
    const batches = batchSampler(trainDataset, perDeviceTrainBatchSize, seed, epoch);
    if (batches.length > 0) return batches;
    throw new TrainingError('no-data', `The batch sampler returned no batch for epoch ${epoch}.`);
  }
}
