/** Evaluates the model during a training. */
import type { PairEncoder } from '../tokenization/pair-encoder.js';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import { EvaluationLoss } from './evaluation-loss.js';
import type { CrossEncoderTrainerOptions } from './options.js';

export class Evaluations {
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;
  readonly #encoder: PairEncoder;
  #loss: EvaluationLoss | undefined;

  constructor(
    options: CrossEncoderTrainerOptions,
    given: CrossEncoderTrainingArguments,
    encoder: PairEncoder,
  ) {
    this.#options = options;
    this.#arguments = given;
    this.#encoder = encoder;
  }

  /** `eval_loss` and the evaluator's metrics, with `eval_` before their names. Throws the reason of an abort. */
  async measure(signal: AbortSignal | undefined): Promise<Record<string, number>> {
    const { model, loss, evalDataset, evaluator } = this.#options;
    const { perDeviceEvalBatchSize, seed, threads } = this.#arguments;
    const metrics: Record<string, number> = {};
    if (evalDataset && evalDataset.length > 0) {
      this.#loss ??= await EvaluationLoss.create(model, loss, threads);
      metrics.eval_loss = await this.#loss.mean(
        evalDataset,
        this.#encoder,
        perDeviceEvalBatchSize,
        seed,
        signal,
      );
    }
    await model.weightsChanged();
    const options = signal === undefined ? {} : { signal };
    for (const [name, value] of Object.entries((await evaluator?.(model, options)) ?? {})) {
      metrics[`eval_${name}`] = value;
    }
    return metrics;
  }

  async release(): Promise<void> {
    await this.#loss?.release();
  }
}
