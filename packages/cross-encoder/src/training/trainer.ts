/** `CrossEncoderTrainer`: trains a model in place. Its loop is the method `#loop`. */
import { type CrossEncoderTrainingArguments, resolveTrainingArguments } from './arguments.js';
import type { EndEvent } from './events.js';
import {
  type CrossEncoderTrainerOptions,
  TrainingError,
  type TrainOptions,
  type TrainResult,
} from './options.js';
import { checkPreconditions } from './preconditions.js';
import { learningRateFactor } from './schedule.js';
import { Training } from './training.js';

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
   * Trains. An abort ends the training after the current update, with a checkpoint if there is an `outputDir`.
   * An evaluation that the abort interrupts leaves the checkpoint before it, and is repeated after a resume.
   */
  async train(call: TrainOptions = {}): Promise<TrainResult> {
    const training = await Training.create(this.#options, this.#arguments, call);
    try {
      await training.resume();
      return await training.end(await this.#loop(training, call.signal));
    } finally {
      await training.release();
    }
  }

  async #loop(training: Training, signal?: AbortSignal): Promise<EndEvent['reason']> {
    const { batches, gradients, negatives, schedule } = training;
    const { optimizer } = gradients;
    const { learningRate, maxGradNorm, loadBestModelAtEnd, ...given } = this.#arguments;

    while (training.step < schedule.totalSteps && !training.isOutOfPatience()) {
      if (signal?.aborted) {
        if (given.saveStrategy !== 'no' && training.log.updates > 0) await training.save();
        return 'aborted';
      }

      const began = performance.now();
      const accumulated = batches.next();
      const average = 1 / accumulated.length;
      let loss = 0;
      let tokens = 0;
      for (const rows of accumulated) {
        const batch = await gradients.accumulate(this.#options.loss.arrange(rows, negatives));
        loss += batch.loss / accumulated.length;
        tokens += batch.tokens;
      }

      const gradNorm = optimizer.gradientNorm() * average;
      refuseNotFinite(training.step + 1, loss, gradNorm);
      // As torch.nn.utils.clip_grad_norm_ does it.
      const clipping = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradNorm + 1e-6)) : 1;
      const rate = learningRate * learningRateFactor(schedule, training.step);
      training.step++;
      optimizer.update(training.step, rate, average * clipping);
      gradients.clear();
      const seconds = (performance.now() - began) / 1000;
      training.report({ step: training.step, loss, learningRate: rate, gradNorm, tokens, seconds });

      const evaluation = training.isDue(given.evalStrategy, given.evalSteps)
        ? await training.evaluate(signal)
        : 'none';
      if (evaluation === 'aborted') return 'aborted';
      const keepsBest = loadBestModelAtEnd && evaluation === 'best';
      if (keepsBest || training.isDue(given.saveStrategy, given.saveSteps)) await training.save();
    }
    return training.isOutOfPatience() ? 'early stopping' : 'completed';
  }
}

function refuseNotFinite(step: number, loss: number, gradNorm: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return;
  throw new TrainingError(
    'not-finite',
    `The loss of update ${step} is ${loss} and its gradient norm is ${gradNorm}, so training stopped before it. ` +
      'Lower the learning rate, or check the labels.',
  );
}
