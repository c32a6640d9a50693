/** What a training run is asked for and what it says; shared by the run's process and its starter. */
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
  /** The id of the model that will be made; its folder appears when it is complete. */
  readonly modelId: string;
  readonly runFolder: string;
  readonly base: { readonly id: string; readonly path: string };
  readonly loss: { readonly name: string; readonly parameters: LossParameters };
  readonly arguments: Partial<CrossEncoderTrainingArguments>;
  /** Training rows at most, spread evenly over the records; all when null. */
  readonly maxRows: number | null;
  /** Rows of the starter's own data mixed in, per hundred rows, against forgetting. */
  readonly replayPercent: number;
  /** Dev queries that decide which checkpoint is best; 0 for none. */
  readonly devQueries: number;
  readonly resume: boolean;
}

/** Where a run keeps what it can go on from, until its model is complete. */
export const checkpointsFolder = (runFolder: string) => join(runFolder, 'checkpoints');

export type TrainingMessage =
  | TrainingEvent
  | { readonly type: 'prepared'; readonly rows: number; readonly head: HeadChange }
  | { readonly type: 'note'; readonly text: string };

export interface TrainingOutcome {
  /** Null when the run was stopped before its end. */
  readonly modelId: string | null;
  readonly reason: 'completed' | 'early stopping' | 'aborted';
  readonly steps: number;
  readonly seconds: number;
  readonly trainLoss: number;
}
