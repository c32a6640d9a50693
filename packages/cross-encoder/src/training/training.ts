/** One training: the parts that its loop uses, its state, and its checkpoints. */
import { createHash } from 'node:crypto';
import { SeededRandom } from '../random/seeded-random.js';
import { PairEncoder } from '../tokenization/pair-encoder.js';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import { BatchQueue } from './batch-queue.js';
import { afterEvaluation, type BestMetric, isOutOfPatience, noEvaluation } from './best-metric.js';
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
import { GradientStep } from './gradient-step.js';
import type { CrossEncoderTrainerOptions, TrainOptions, TrainResult } from './options.js';
import { type Schedule, warmupSteps } from './schedule.js';
import { type Update, UpdateLog } from './update-log.js';

export class Training {
  /** Updates made. */
  step = 0;
  readonly batches: BatchQueue;
  readonly gradients: GradientStep;
  /** Draws the negatives that a loss takes from its batch. */
  readonly negatives: SeededRandom;
  readonly schedule: Schedule;
  readonly log = new UpdateLog();
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;
  readonly #call: TrainOptions;
  readonly #masks: DropoutMasks;
  readonly #evaluations: Evaluations;
  readonly #fingerprint: string;
  readonly #began = performance.now();
  #best: BestMetric = noEvaluation;

  static async create(
    options: CrossEncoderTrainerOptions,
    given: CrossEncoderTrainingArguments,
    call: TrainOptions,
  ): Promise<Training> {
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
    return new Training(options, given, call, { gradients, encoder, masks });
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
    this.gradients = parts.gradients;
    this.#masks = parts.masks;
    this.#evaluations = new Evaluations(options, given, parts.encoder);
    this.negatives = new SeededRandom(given.seed);
    this.batches = new BatchQueue(options, given);
    const { updatesPerEpoch, firstEpoch } = this.batches;
    const totalSteps =
      given.maxSteps > 0 ? given.maxSteps : Math.ceil(given.numTrainEpochs * updatesPerEpoch);
    this.schedule = {
      type: given.lrSchedulerType,
      totalSteps,
      warmupSteps: warmupSteps(given.warmupSteps, totalSteps),
    };
    this.#fingerprint = fingerprint(options, given, firstEpoch);
  }

  /** Whether evaluations have not improved for `earlyStoppingPatience` times. */
  isOutOfPatience(): boolean {
    return isOutOfPatience(this.#best, this.#arguments);
  }

  /** Whether it is time to evaluate or to save after this update; the last update always is. */
  isDue(strategy: 'no' | 'steps' | 'epoch', every: number): boolean {
    if (strategy === 'no') return false;
    if (this.step === this.schedule.totalSteps) return true;
    return strategy === 'steps' ? this.step % every === 0 : this.batches.place.batchInEpoch === 0;
  }

  report(update: Update): void {
    const { step } = update;
    this.log.count(update);
    if (step % this.#arguments.loggingSteps !== 0 && step !== this.schedule.totalSteps) return;
    this.#emit(this.log.event(update, this.schedule, this.batches.updatesPerEpoch));
  }

  /** `best` if no evaluation so far was better. */
  async evaluate(signal?: AbortSignal): Promise<'best' | 'not best' | 'aborted'> {
    let metrics: Record<string, number>;
    try {
      metrics = await this.#evaluations.measure(signal);
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return 'aborted';
      throw error;
    }
    const { step } = this;
    this.#best = afterEvaluation(this.#best, metrics, step, this.#arguments);
    const best = this.#best.bestStep === step;
    this.#emit({ type: 'evaluation', step, metrics, best });
    return best ? 'best' : 'not best';
  }

  /** Writes a checkpoint, if there is an `outputDir`. */
  async save(): Promise<void> {
    const { outputDir, saveTotalLimit } = this.#arguments;
    if (outputDir === null) return;
    const { step } = this;
    const state: TrainerState = {
      version: 1,
      step,
      ...this.batches.place,
      ...this.#best,
      fingerprint: this.#fingerprint,
      losses: this.log.losses,
      random: { negatives: this.negatives.state(), masks: this.#masks.state() },
    };
    const { parameters } = this.gradients.optimizer;
    const path = await writeCheckpoint(outputDir, this.#options.model, parameters, state);
    this.#emit({ type: 'checkpoint', step, path });
    if (saveTotalLimit !== null) {
      await removeOldCheckpoints(outputDir, saveTotalLimit, [this.#best.bestStep, step]);
    }
  }

  /** Continues from the checkpoint that `resumeFromCheckpoint` names, if it names one. */
  async resume(): Promise<void> {
    const { resumeFromCheckpoint } = this.#call;
    const { outputDir } = this.#arguments;
    if (!resumeFromCheckpoint) return;
    const path =
      typeof resumeFromCheckpoint === 'string'
        ? resumeFromCheckpoint
        : outputDir && (await listCheckpoints(outputDir)).at(-1)?.path;
    if (!path) throw new CheckpointError(`Found no checkpoint to resume from in ${outputDir}.`);
    const { step, epoch, batchInEpoch, random, losses, ...best } = await readCheckpointState(
      path,
      this.#fingerprint,
    );
    await restoreParameters(path, this.gradients.optimizer.parameters);
    this.negatives.restore(random.negatives);
    this.#masks.restore(random.masks);
    this.step = step;
    this.batches.place = { epoch, batchInEpoch };
    this.#best = {
      bestStep: best.bestStep,
      bestMetric: best.bestMetric,
      evaluationsWithoutImprovement: best.evaluationsWithoutImprovement,
    };
    this.log.losses = losses ?? this.log.losses;
  }

  /** Loads the best weights, unless the training was aborted, and gives the result. */
  async end(reason: EndEvent['reason']): Promise<TrainResult> {
    if (reason !== 'aborted') await this.#loadBest();
    const seconds = (performance.now() - this.#began) / 1000;
    this.#emit({ type: 'end', step: this.step, reason, seconds });
    const { bestStep, bestMetric } = this.#best;
    const trainLoss = this.log.meanLoss();
    return { steps: this.step, trainLoss, seconds, reason, bestStep, bestMetric };
  }

  async release(): Promise<void> {
    await this.#options.model.weightsChanged();
    await this.gradients.release();
    await this.#evaluations.release();
  }

  async #loadBest(): Promise<void> {
    const { outputDir, loadBestModelAtEnd } = this.#arguments;
    const { bestStep } = this.#best;
    if (!loadBestModelAtEnd || !outputDir || bestStep === null || bestStep === this.step) return;
    const best = (await listCheckpoints(outputDir)).find(({ step }) => step === bestStep);
    if (!best) {
      throw new CheckpointError(
        `The best checkpoint, of update ${bestStep}, is missing in ${outputDir}.`,
      );
    }
    await restoreWeights(best.path, this.#options.model.weights);
  }

  #emit(event: TrainingEvent): void {
    this.#call.onEvent?.(event);
  }
}

/** A hash of what must be equal to resume from a checkpoint: rows, loss, arguments, order of the rows. */
function fingerprint(
  { loss, trainDataset }: CrossEncoderTrainerOptions,
  given: CrossEncoderTrainingArguments,
  firstEpoch: readonly (readonly number[])[],
): string {
  const { outputDir: _, threads: __, loggingSteps: ___, ...shaping } = given;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([loss.description.name, loss.parameters, shaping, firstEpoch]));
  for (const row of trainDataset) hash.update(JSON.stringify(row));
  return hash.digest('hex');
}
