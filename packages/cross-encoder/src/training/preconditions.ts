/** Checks arguments, rows and model before a training begins, so that none fails hours later. */
import { headSizeFor } from '../losses/index.js';
import { LossDataError } from '../losses/loss.js';
import { SeededRandom } from '../random/seeded-random.js';
import { type CrossEncoderTrainingArguments, TrainingArgumentError } from './arguments.js';
import { needsBest } from './best-metric.js';
import type { TrainingExample } from './example.js';
import { type CrossEncoderTrainerOptions, TrainingError } from './options.js';

/** @throws {TrainingArgumentError} {TrainingError} {LossDataError} for arguments, rows or a model that do not fit. */
export function checkPreconditions(
  options: CrossEncoderTrainerOptions,
  given: CrossEncoderTrainingArguments,
): void {
  const { loss, trainDataset, evalDataset = [] } = options;
  if (trainDataset.length === 0) {
    throw new TrainingError('no-data', 'trainDataset is empty. Training needs at least one row.');
  }
  checkHead(options);
  checkRows(options, trainDataset, 'trainDataset');
  checkRows(options, evalDataset, 'evalDataset');
  loss.checkBatches?.(trainDataset, given.perDeviceTrainBatchSize);
  checkEvaluation(options, given);
}

function checkHead({ model, loss }: CrossEncoderTrainerOptions): void {
  if (headSizeFor(loss.description, model.numLabels) === model.numLabels) return;
  const { numLabels } = loss.description;
  const needed = 'exactly' in numLabels ? numLabels.exactly : `at least ${numLabels.atLeast}`;
  throw new TrainingError(
    'head-mismatch',
    `${loss.description.name} needs a head of ${needed} logits; the model has ${model.numLabels}. Use model.withHead.`,
  );
}

/** Checks each row by itself, by the loss. */
function checkRows(
  { loss }: CrossEncoderTrainerOptions,
  rows: readonly TrainingExample[],
  dataset: 'trainDataset' | 'evalDataset',
): void {
  const random = new SeededRandom(0);
  rows.forEach((row, index) => {
    try {
      loss.arrange([row], random);
    } catch (error) {
      if (!(error instanceof LossDataError)) throw error;
      throw new LossDataError(`row ${index} of ${dataset}: ${error.message}`, { cause: error });
    }
  });
}

function checkEvaluation(
  { evalDataset = [], evaluator }: CrossEncoderTrainerOptions,
  given: CrossEncoderTrainingArguments,
): void {
  const { evalStrategy, metricForBestModel, loadBestModelAtEnd, outputDir } = given;
  if (evalStrategy !== 'no' && evalDataset.length === 0 && !evaluator) {
    throw new TrainingArgumentError(
      `evalStrategy '${evalStrategy}' needs evalDataset or evaluator.`,
    );
  }
  if (needsBest(given) && isLoss(metricForBestModel) && evalDataset.length === 0) {
    throw new TrainingArgumentError(
      "metricForBestModel 'loss' needs evalDataset. Set it, or choose a metric of the evaluator.",
    );
  }
  if (loadBestModelAtEnd && outputDir === null) {
    throw new TrainingArgumentError(
      'loadBestModelAtEnd needs a folder for checkpoints. Set outputDir.',
    );
  }
}

const isLoss = (metric: string) => metric === 'loss' || metric === 'eval_loss';
