/** The trainer: what it is given, what it gives. */
import type { CrossEncoder } from '../cross-encoder.js';
import type { Loss } from '../losses/loss.js';
import { type CrossEncoderTrainingArguments, resolveTrainingArguments } from './arguments.js';
import type { BatchSampler } from './batches.js';
import type { EndEvent, TrainingEvent } from './events.js';
import type { TrainingExample } from './example.js';
import { checkPreconditions } from './preconditions.js';
import { TrainingLoop } from './training-loop.js';

export { TrainingError } from './training-error.js';

/** Measures a model during training; metrics by name. When the signal is aborted it may throw the signal's reason. */
export type TrainingEvaluator = (
  model: CrossEncoder,
  options: { readonly signal?: AbortSignal },
) => Promise<Readonly<Record<string, number>>>;

export interface CrossEncoderTrainerOptions {
  /** Its weights are changed in place; it needs a head that fits the loss. */
  readonly model: CrossEncoder;
  readonly loss: Loss;
  readonly trainDataset: readonly TrainingExample[];
  /** Rows for `eval_loss`. */
  readonly evalDataset?: readonly TrainingExample[];
  /** Further metrics of an evaluation, `eval_` put before their names. */
  readonly evaluator?: TrainingEvaluator;
  readonly arguments?: Partial<CrossEncoderTrainingArguments>;
  /** Which rows make up which batch; `shuffledBatches` when absent. */
  readonly batchSampler?: BatchSampler;
}

export interface TrainOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** A checkpoint's path, or true for the newest in `outputDir`. */
  readonly resumeFromCheckpoint?: string | boolean;
}

export interface TrainResult {
  readonly steps: number;
  /** The mean loss of all updates, those before the checkpoint that it went on from included. */
  readonly trainLoss: number;
  readonly seconds: number;
  readonly reason: EndEvent['reason'];
  readonly bestStep: number | null;
  readonly bestMetric: number | null;
}

export class CrossEncoderTrainer {
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;

  /** @throws {TrainingArgumentError} {TrainingError} {LossDataError} for arguments, rows or a head that do not fit. */
  constructor(options: CrossEncoderTrainerOptions) {
    this.#options = options;
    this.#arguments = resolveTrainingArguments(options.arguments);
    checkPreconditions(options, this.#arguments);
  }

  /**
   * Trains; an abort ends the run after the current update, with a checkpoint where there is a folder. An
   * evaluation that the abort cut short leaves the checkpoint before it: from there it is done again.
   */
  async train(options: TrainOptions = {}): Promise<TrainResult> {
    const run = await TrainingLoop.create(this.#options, this.#arguments, options);
    try {
      await run.resume();
      return await run.toEnd();
    } finally {
      await run.release();
    }
  }
}
