/** One run: batches, gradients, updates; evaluations, checkpoints and events along the way. */
import { SeededRandom } from '../random/seeded-random.js';
import { PairEncoder } from '../tokenization/pair-encoder.js';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import { shuffledBatches } from './batches.js';
import { afterEvaluation, isOutOfPatience, noEvaluation } from './best-metric.js';
import {
  CheckpointError,
  listCheckpoints,
  readCheckpointState,
  removeOldCheckpoints,
  restoreParameters,
  restoreWeights,
  type TrainerState,
  writeCheckpoint,
} from './checkpoint.js';
import { DropoutMasks } from './dropout-masks.js';
import { Evaluations } from './evaluations.js';
import type { EndEvent, TrainingEvent } from './events.js';
import type { TrainingExample } from './example.js';
import { fingerprint } from './fingerprint.js';
import { GradientStep } from './gradient-step.js';
import { learningRateFactor, type Schedule, warmupSteps } from './schedule.js';
import type { CrossEncoderTrainerOptions, TrainOptions, TrainResult } from './trainer.js';
import { TrainingError } from './training-error.js';

/** One call of `train`, with all that changes during it. */
export class TrainingLoop {
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;
  readonly #call: TrainOptions;
  readonly #gradients: GradientStep;
  readonly #evaluations: Evaluations;
  readonly #masks: DropoutMasks;
  readonly #negatives: SeededRandom;
  readonly #schedule: Schedule;
  readonly #updatesPerEpoch: number;
  readonly #began = performance.now();
  #state: Omit<TrainerState, 'random' | 'version' | 'losses'>;
  #losses = { sum: 0, updates: 0 };
  #updates = 0;
  #tokens = 0;
  #secondsOfUpdates = 0;

  static async create(
    options: CrossEncoderTrainerOptions,
    given: CrossEncoderTrainingArguments,
    call: TrainOptions,
  ): Promise<TrainingLoop> {
    const { model, loss } = options;
    const maxLength = Math.min(model.maxLength, given.maxLength ?? model.maxLength);
    const encoder = new PairEncoder(model.tokenizer, maxLength);
    const masks = new DropoutMasks(given.seed);
    const gradients = await GradientStep.create({
      model,
      loss,
      encoder,
      masks: (elements, probability) => masks.take(elements, probability),
      optimizer: {
        beta1: given.adamBeta1,
        beta2: given.adamBeta2,
        epsilon: given.adamEpsilon,
        weightDecay: given.weightDecay,
      },
      threads: given.threads,
    });
    return new TrainingLoop(options, given, call, { gradients, encoder, masks });
  }

  private constructor(
    options: CrossEncoderTrainerOptions,
    given: CrossEncoderTrainingArguments,
    call: TrainOptions,
    parts: { gradients: GradientStep; encoder: PairEncoder; masks: DropoutMasks },
  ) {
    this.#options = options;
    this.#arguments = given;
    this.#call = call;
    this.#gradients = parts.gradients;
    this.#evaluations = new Evaluations(options, given, parts.encoder);
    this.#masks = parts.masks;
    this.#negatives = new SeededRandom(given.seed);
    const firstEpoch = this.#batchesOf(0);
    this.#updatesPerEpoch = Math.ceil(firstEpoch.length / given.gradientAccumulationSteps);
    const totalSteps =
      given.maxSteps > 0 ? given.maxSteps : Math.ceil(given.numTrainEpochs * this.#updatesPerEpoch);
    this.#schedule = {
      type: given.lrSchedulerType,
      totalSteps,
      warmupSteps: warmupSteps(given.warmupSteps, totalSteps),
    };
    this.#state = {
      step: 0,
      epoch: 0,
      batchInEpoch: 0,
      ...noEvaluation,
      fingerprint: fingerprint(options, given, firstEpoch),
    };
  }

  async toEnd(): Promise<TrainResult> {
    // A run that had stopped early is not continued by resuming it.
    let reason: EndEvent['reason'] = isOutOfPatience(this.#state, this.#arguments)
      ? 'early stopping'
      : 'completed';
    let isEvaluated = true;
    while (reason === 'completed' && this.#state.step < this.#schedule.totalSteps) {
      if (this.#call.signal?.aborted) {
        reason = 'aborted';
        break;
      }
      await this.#update();
      isEvaluated = await this.#afterUpdate();
      if (!isEvaluated) reason = 'aborted';
      else if (isOutOfPatience(this.#state, this.#arguments)) reason = 'early stopping';
    }
    if (reason !== 'aborted') await this.#restoreBest();
    else if (isEvaluated) await this.#saveAborted();
    const seconds = (performance.now() - this.#began) / 1000;
    this.#emit({ type: 'end', step: this.#state.step, reason, seconds });
    const { step, bestStep, bestMetric } = this.#state;
    const trainLoss = this.#losses.sum / Math.max(1, this.#losses.updates);
    return { steps: step, trainLoss, seconds, reason, bestStep, bestMetric };
  }

  async release(): Promise<void> {
    await this.#options.model.weightsChanged();
    await this.#gradients.release();
    await this.#evaluations.release();
  }

  /** One optimizer update from up to `gradientAccumulationSteps` batches. */
  async #update(): Promise<void> {
    const began = performance.now();
    const batches = this.#nextBatches();
    let loss = 0;
    let tokens = 0;
    for (const batch of batches) {
      const rows = batch.map((row) => this.#options.trainDataset[row] as TrainingExample);
      const arranged = this.#options.loss.arrange(rows, this.#negatives);
      const result = await this.#gradients.accumulate(arranged);
      loss += result.loss / batches.length;
      tokens += result.tokens;
    }
    const { optimizer } = this.#gradients;
    const average = 1 / batches.length;
    const gradNorm = optimizer.gradientNorm() * average;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      throw new TrainingError(
        'not-finite',
        `the loss of update ${this.#state.step + 1} is ${loss}, the gradient's norm ${gradNorm}: training stopped, ` +
          'the weights before it stay. Lower the learning rate, or look for labels out of range.',
      );
    }
    const { maxGradNorm, learningRate } = this.#arguments;
    // As torch.nn.utils.clip_grad_norm_ does it.
    const clipping = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (gradNorm + 1e-6)) : 1;
    const rate = learningRate * learningRateFactor(this.#schedule, this.#state.step);
    optimizer.update(this.#state.step + 1, rate, average * clipping);
    this.#gradients.clear();
    this.#count(loss, tokens, (performance.now() - began) / 1000);
    this.#reportStep(loss, rate, gradNorm);
  }

  /** The batches of the next update, and the state moved past them. */
  #nextBatches(): number[][] {
    const { gradientAccumulationSteps } = this.#arguments;
    const { epoch, batchInEpoch } = this.#state;
    const ofEpoch = this.#batchesOf(epoch);
    const batches = ofEpoch.slice(batchInEpoch, batchInEpoch + gradientAccumulationSteps);
    const next = batchInEpoch + batches.length;
    this.#state =
      next >= ofEpoch.length
        ? { ...this.#state, epoch: epoch + 1, batchInEpoch: 0 }
        : { ...this.#state, batchInEpoch: next };
    return batches;
  }

  #epochBatches: { epoch: number; batches: number[][] } | undefined;

  #batchesOf(epoch: number): number[][] {
    if (this.#epochBatches?.epoch !== epoch) {
      const { trainDataset, batchSampler = shuffledBatches } = this.#options;
      const { perDeviceTrainBatchSize, seed } = this.#arguments;
      const batches = batchSampler(trainDataset, perDeviceTrainBatchSize, seed, epoch);
      if (batches.length === 0) {
        throw new TrainingError('no-data', `the batch sampler gives no batch in epoch ${epoch}`);
      }
      this.#epochBatches = { epoch, batches };
    }
    return this.#epochBatches.batches;
  }

  #count(loss: number, tokens: number, seconds: number): void {
    this.#state = { ...this.#state, step: this.#state.step + 1 };
    this.#losses = { sum: this.#losses.sum + loss, updates: this.#losses.updates + 1 };
    this.#updates++;
    this.#tokens += tokens;
    this.#secondsOfUpdates += seconds;
  }

  #reportStep(loss: number, learningRate: number, gradNorm: number): void {
    const { step } = this.#state;
    const { totalSteps } = this.#schedule;
    if (step % this.#arguments.loggingSteps !== 0 && step !== totalSteps) return;
    this.#emit({
      type: 'step',
      step,
      totalSteps,
      epoch: step / this.#updatesPerEpoch,
      loss,
      learningRate,
      gradNorm,
      tokensPerSecond: this.#tokens / this.#secondsOfUpdates,
      etaSeconds: ((totalSteps - step) * this.#secondsOfUpdates) / this.#updates,
    });
  }

  /** Evaluates and saves where it is time to; false where an abort cut the evaluation short. */
  async #afterUpdate(): Promise<boolean> {
    const { evalStrategy, evalSteps, saveStrategy, saveSteps } = this.#arguments;
    const { step, batchInEpoch } = this.#state;
    const isDue = (strategy: 'no' | 'steps' | 'epoch', every: number) =>
      (strategy === 'steps' && step % every === 0) ||
      (strategy === 'epoch' && batchInEpoch === 0) ||
      (strategy !== 'no' && step === this.#schedule.totalSteps);
    let isBest = false;
    try {
      isBest = isDue(evalStrategy, evalSteps) && (await this.#evaluate());
    } catch (error) {
      const { signal } = this.#call;
      if (signal?.aborted && error === signal.reason) return false;
      throw error;
    }
    if (isDue(saveStrategy, saveSteps) || (isBest && this.#arguments.loadBestModelAtEnd)) {
      await this.#save();
    }
    return true;
  }

  /** Whether this evaluation is the best so far. */
  async #evaluate(): Promise<boolean> {
    const metrics = await this.#evaluations.measure(this.#call.signal);
    const { step } = this.#state;
    this.#state = {
      ...this.#state,
      ...afterEvaluation(this.#state, metrics, step, this.#arguments),
    };
    const best = this.#state.bestStep === step;
    this.#emit({ type: 'evaluation', step, metrics, best });
    return best;
  }

  async #save(): Promise<void> {
    const { outputDir, saveTotalLimit } = this.#arguments;
    if (outputDir === null) return;
    const state: TrainerState = {
      version: 1,
      ...this.#state,
      losses: this.#losses,
      random: { negatives: this.#negatives.state(), masks: this.#masks.state() },
    };
    const { model } = this.#options;
    const path = await writeCheckpoint(
      outputDir,
      model,
      this.#gradients.optimizer.parameters,
      state,
    );
    this.#emit({ type: 'checkpoint', step: state.step, path });
    const { bestStep, step } = this.#state;
    if (saveTotalLimit !== null) {
      await removeOldCheckpoints(outputDir, saveTotalLimit, [bestStep, step]);
    }
  }

  async #saveAborted(): Promise<void> {
    if (this.#arguments.saveStrategy !== 'no' && this.#updates > 0) await this.#save();
  }

  async #restoreBest(): Promise<void> {
    const { outputDir, loadBestModelAtEnd } = this.#arguments;
    const { bestStep, step } = this.#state;
    if (!loadBestModelAtEnd || outputDir === null || bestStep === null || bestStep === step) return;
    const best = (await listCheckpoints(outputDir)).find((one) => one.step === bestStep);
    if (!best) {
      throw new CheckpointError(
        `the best checkpoint, of update ${bestStep}, is gone from ${outputDir}`,
      );
    }
    await restoreWeights(best.path, this.#options.model.weights);
  }

  /** Goes on from the checkpoint that was asked for. */
  async resume(): Promise<void> {
    const { resumeFromCheckpoint } = this.#call;
    const { outputDir } = this.#arguments;
    if (!resumeFromCheckpoint) return;
    const path =
      typeof resumeFromCheckpoint === 'string'
        ? resumeFromCheckpoint
        : outputDir && (await listCheckpoints(outputDir)).at(-1)?.path;
    if (!path) throw new CheckpointError(`there is no checkpoint to continue from in ${outputDir}`);
    const state = await readCheckpointState(path, this.#state.fingerprint);
    await restoreParameters(path, this.#gradients.optimizer.parameters);
    this.#negatives.restore(state.random.negatives);
    this.#masks.restore(state.random.masks);
    const { random: _, version: __, losses, ...rest } = state;
    this.#state = rest;
    this.#losses = losses ?? this.#losses;
  }

  #emit(event: TrainingEvent): void {
    this.#call.onEvent?.(event);
  }
}
