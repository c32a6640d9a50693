/** Metrics of pairs that belong to one of several classes. */
import { checkSameLength, MetricError } from './metric-error.js';

/** F1 over classes, as scikit-learn averages it; a class counts if it was labelled or predicted. */
export interface MultiClassF1 {
  /** The plain mean of the F1 of each class. */
  readonly macro: number;
  /** F1 of all pairs together, which is the accuracy. */
  readonly micro: number;
  /** The mean of the F1 of each class, weighted by the number of pairs with that label. */
  readonly weighted: number;
}

/**
 * F1 of predicted classes against the labels.
 * @throws {MetricError} for lengths that differ, an empty set, or classes that are not whole numbers
 *   from 0.
 */
export function multiClassF1(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
): MultiClassF1 {
  checkSameLength('predicted classes', predicted, 'labels', labels);
  if (labels.length === 0) {
    throw new MetricError('bad-argument', 'F1: expected at least one pair, got none.');
  }
  const counts = new Map<number, { predicted: number; labelled: number; correct: number }>();
  const countsOf = (value: number | undefined) => {
    const label = checkClass(value);
    const known = counts.get(label);
    if (known) return known;
    const fresh = { predicted: 0, labelled: 0, correct: 0 };
    counts.set(label, fresh);
    return fresh;
  };
  let correct = 0;
  for (let i = 0; i < labels.length; i++) {
    const right = predicted[i] === labels[i];
    countsOf(predicted[i]).predicted++;
    const count = countsOf(labels[i]);
    count.labelled++;
    if (right) count.correct++;
    if (right) correct++;
  }
  let macro = 0;
  let weighted = 0;
  for (const count of counts.values()) {
    const f1 = (2 * count.correct) / (count.predicted + count.labelled);
    macro += f1 / counts.size;
    weighted += (f1 * count.labelled) / labels.length;
  }
  return { macro, micro: correct / labels.length, weighted };
}

/**
 * The class of the highest score, the first of equals as NumPy's argmax.
 * @throws {MetricError} for NaN or an empty row.
 */
export function predictedClass(scores: ArrayLike<number>): number {
  let best = 0;
  if (scores.length === 0) {
    throw new MetricError(
      'bad-argument',
      'The scores of a pair: expected one per class, got none.',
    );
  }
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) {
      const message = `The scores of a pair: expected numbers, got NaN for class ${i}.`;
      throw new MetricError('not-a-number', message);
    }
    if ((scores[i] as number) > (scores[best] as number)) best = i;
  }
  return best;
}

function checkClass(value: number | undefined): number {
  if (value !== undefined && Number.isInteger(value) && value >= 0) return value;
  throw new MetricError('bad-label', `A class: expected a whole number from 0, got ${value}.`);
}
