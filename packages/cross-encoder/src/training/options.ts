/** The input and the result of a training. */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';
import type { CrossEncoder } from '../cross-encoder.js';
import type { Loss } from '../losses/loss.js';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import type { BatchSampler } from './batches.js';
import type { EndEvent, TrainingEvent } from './events.js';
import type { TrainingExample } from './example.js';

/** Measures a model during training: metrics by name. If the signal is aborted it may throw the signal's reason. */
export type TrainingEvaluator = (
  model: CrossEncoder,
  options: { readonly signal?: AbortSignal },
) => Promise<Readonly<Record<string, number>>>;

export interface CrossEncoderTrainerOptions {
  /** Its weights are changed in place. Its head must fit the loss. */
  readonly model: CrossEncoder;
  readonly loss: Loss;
  readonly trainDataset: readonly TrainingExample[];
  /** Rows for `eval_loss`. */
  readonly evalDataset?: readonly TrainingExample[];
  /** Further metrics of an evaluation; `eval_` is put before their names. */
  readonly evaluator?: TrainingEvaluator;
  readonly arguments?: Partial<CrossEncoderTrainingArguments>;
  /** Which rows make up which batch; `shuffledBatches` by default. */
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
  /** The mean loss of all updates, also of those before a resume. */
  readonly trainLoss: number;
  readonly seconds: number;
  readonly reason: EndEvent['reason'];
  readonly bestStep: number | null;
  readonly bestMetric: number | null;
}

/** A training that cannot begin or continue. Its checkpoints stay. */
export class TrainingError extends CodedError<
  'no-data' | 'head-mismatch' | 'not-finite' | 'no-metric'
> {
  override readonly name = 'TrainingError';
  readonly kind = 'conflict';
}
