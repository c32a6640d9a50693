/** Counts the updates of a training: their mean loss, their speed, the time left. */
import type { StepEvent } from './events.js';
import type { Schedule } from './schedule.js';

/** One optimizer update. */
export interface Update {
  /** Updates made, this one included. */
  readonly step: number;
  /** The mean loss of its batches. */
  readonly loss: number;
  readonly learningRate: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly tokens: number;
  readonly seconds: number;
}

export class UpdateLog {
  /** Over the whole training, also before a resume. */
  losses = { sum: 0, updates: 0 };
  /** Updates since the training began or resumed. */
  updates = 0;
  #tokens = 0;
  #seconds = 0;

  count({ loss, tokens, seconds }: Update): void {
    this.losses = { sum: this.losses.sum + loss, updates: this.losses.updates + 1 };
    this.updates++;
    this.#tokens += tokens;
    this.#seconds += seconds;
  }

  meanLoss(): number {
    return this.losses.sum / Math.max(1, this.losses.updates);
  }

  event(
    { step, loss, learningRate, gradNorm }: Update,
    { totalSteps }: Schedule,
    updatesPerEpoch: number,
  ): StepEvent {
    return {
      type: 'step',
      step,
      totalSteps,
      epoch: step / updatesPerEpoch,
      loss,
      learningRate,
      gradNorm,
      tokensPerSecond: this.#tokens / this.#seconds,
      etaSeconds: ((totalSteps - step) * this.#seconds) / this.updates,
    };
  }
}
