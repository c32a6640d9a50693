/** The messages between a training's process and the process that starts it. */
import { join } from 'node:path';
import type {
  CrossEncoderTrainingArguments,
  HeadChange,
  LossParameters,
  TrainingEvent,
} from '@learning-reranker/cross-encoder';

export interface TrainingRequest {
  readonly datasetPath: string;
  readonly dataDir: string;
  /** The id of the new model. Its folder appears when the model is complete. */
  readonly modelId: string;
  /** Where the training keeps its request, events and checkpoints. */
  readonly folder: string;
  readonly base: { readonly id: string; readonly path: string };
  readonly loss: { readonly name: string; readonly parameters: LossParameters };
  readonly arguments: Partial<CrossEncoderTrainingArguments>;
  /** The most training rows, spread evenly over the records; all when null. */
  readonly maxRows: number | null;
  /** Rows of the base model's own data per hundred rows, so that the model does not forget it. */
  readonly replayPercent: number;
  /** The number of dev queries that decide which checkpoint is best. */
  readonly devQueries: number;
  readonly resume: boolean;
}

/** The checkpoints of a training; removed when its model is complete. */
export const checkpointsFolder = (trainingFolder: string) => join(trainingFolder, 'checkpoints');

export type TrainingMessage =
  | TrainingEvent
  | { readonly type: 'prepared'; readonly rows: number; readonly head: HeadChange }
  | { readonly type: 'note'; readonly text: string };

export interface TrainingOutcome {
  /** Null when the training was stopped before its end. */
  readonly modelId: string | null;
  readonly reason: 'completed' | 'early stopping' | 'aborted';
  readonly steps: number;
  readonly seconds: number;
  readonly trainLoss: number;
}
