/** Keeps track of the best evaluation so far, for `loadBestModelAtEnd` and for early stopping. */
import type { CrossEncoderTrainingArguments } from './arguments.js';
import type { TrainerState } from './checkpoint.js';
import { TrainingError } from './options.js';

export type BestMetric = Pick<
  TrainerState,
  'bestStep' | 'bestMetric' | 'evaluationsWithoutImprovement'
>;

export const noEvaluation: BestMetric = {
  bestStep: null,
  bestMetric: null,
  evaluationsWithoutImprovement: 0,
};

/** Whether the training depends on which evaluation is best. */
export function needsBest(given: CrossEncoderTrainingArguments): boolean {
  return given.loadBestModelAtEnd || given.earlyStoppingPatience !== null;
}

/**
 * The best evaluation after one more: the lowest loss, or the highest value of another metric. The metric may
 * be missing if the arguments do not need a best one.
 * @throws {TrainingError} `no-metric` if it is missing, `not-finite` if it is not a number
 */
export function afterEvaluation(
  before: BestMetric,
  metrics: Readonly<Record<string, number>>,
  step: number,
  given: CrossEncoderTrainingArguments,
): BestMetric {
  const { metricForBestModel, earlyStoppingThreshold } = given;
  const name = metricForBestModel.replace(/^(eval_)?/, 'eval_');
  const value = metrics[name];
  if (value === undefined) {
    if (!needsBest(given)) return before;
    throw new TrainingError(
      'no-metric',
      `The evaluation did not measure metricForBestModel '${metricForBestModel}'. It measured ${Object.keys(metrics).join(', ')}.`,
    );
  }
  if (!Number.isFinite(value)) {
    throw new TrainingError(
      'not-finite',
      `metricForBestModel '${metricForBestModel}' is ${value} after update ${step}, so training stopped.`,
    );
  }
  const sign = name.endsWith('loss') ? -1 : 1;
  const { bestMetric } = before;
  const gain = bestMetric === null ? Number.POSITIVE_INFINITY : sign * (value - bestMetric);
  return {
    ...(gain > 0
      ? { bestMetric: value, bestStep: step }
      : { bestMetric, bestStep: before.bestStep }),
    evaluationsWithoutImprovement:
      gain > earlyStoppingThreshold ? 0 : before.evaluationsWithoutImprovement + 1,
  };
}

export function isOutOfPatience(
  { evaluationsWithoutImprovement }: BestMetric,
  { earlyStoppingPatience }: CrossEncoderTrainingArguments,
): boolean {
  return earlyStoppingPatience !== null && evaluationsWithoutImprovement >= earlyStoppingPatience;
}
