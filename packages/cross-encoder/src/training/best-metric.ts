/** Which evaluation was the best so far, and how long ago: what `loadBestModelAtEnd` and early stopping go by. */
import type { CrossEncoderTrainingArguments } from './arguments.js';
import type { TrainerState } from './checkpoint.js';
import { needsBest } from './preconditions.js';
import { TrainingError } from './training-error.js';

export type BestMetric = Pick<
  TrainerState,
  'bestStep' | 'bestMetric' | 'evaluationsWithoutImprovement'
>;

export const noEvaluation: BestMetric = {
  bestStep: null,
  bestMetric: null,
  evaluationsWithoutImprovement: 0,
};

/**
 * What counts as the best after an evaluation; a run whose arguments ask for no best may lack the metric, and
 * its state stays. Of a loss the lowest is best, of all else the highest.
 * @throws {TrainingError} `no-metric` where it is missing, `not-finite` where it is no number
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
      `there is no metricForBestModel '${metricForBestModel}'; this evaluation gave ${Object.keys(metrics).join(', ')}`,
    );
  }
  if (!Number.isFinite(value)) {
    throw new TrainingError(
      'not-finite',
      `metricForBestModel '${metricForBestModel}' is ${value} after update ${step}: training stopped`,
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
