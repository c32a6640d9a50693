/** The events of a training. */

export interface StepEvent {
  readonly type: 'step';
  /** Updates made so far. */
  readonly step: number;
  readonly totalSteps: number;
  /** Passes over the rows so far, as a fraction. */
  readonly epoch: number;
  /** The mean loss of the batches in this update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  readonly etaSeconds: number;
}

export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether no evaluation so far was better. */
  readonly best: boolean;
}

export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  readonly path: string;
}

export interface EndEvent {
  readonly type: 'end';
  readonly step: number;
  readonly reason: 'completed' | 'early stopping' | 'aborted';
  readonly seconds: number;
}

export type TrainingEvent = StepEvent | EvaluationEvent | CheckpointEvent | EndEvent;
