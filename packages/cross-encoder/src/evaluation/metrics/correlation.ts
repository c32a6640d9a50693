/** How well scores follow graded labels: Pearson's and Spearman's correlation. */
import { checkNumbers, checkSameLength, MetricError } from './metric-error.js';

/**
 * Pearson's correlation, -1 to 1. Scores that are all equal get 0, as a random order does.
 * @throws {MetricError} for NaN or infinite numbers, lengths that differ, fewer than two pairs, or
 *   labels that are all equal.
 */
export function pearson(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  check(scores, labels);
  return correlate(Float64Array.from(scores), Float64Array.from(labels));
}

/**
 * Spearman's correlation: Pearson's of the ranks, equal values sharing their mean rank.
 * @throws {MetricError} as `pearson`.
 */
export function spearman(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  check(scores, labels);
  return correlate(averagedRanks(scores), averagedRanks(labels));
}

/** The rank of each value from 1, ascending; equal values share the mean of their ranks. */
export function averagedRanks(values: ArrayLike<number>): Float64Array {
  checkNumbers('values', values);
  const order = Uint32Array.from({ length: values.length }, (_, index) => index);
  order.sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) {
      end++;
    }
    for (const index of order.subarray(start, end)) ranks[index] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function correlate(scores: Float64Array, labels: Float64Array): number {
  centre(scores);
  centre(labels);
  const lengths = Math.sqrt(dot(scores, scores)) * Math.sqrt(dot(labels, labels));
  // Rounding may put a perfect correlation slightly above 1.
  return lengths === 0 ? 0 : Math.max(-1, Math.min(1, dot(scores, labels) / lengths));
}

function centre(values: Float64Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // The mean of equal values may be rounded; they must still become exactly zero.
  const equal = values.every((value) => value === values[0]);
  for (let i = 0; i < values.length; i++) values[i] = equal ? 0 : (values[i] as number) - mean;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += (left[i] as number) * (right[i] as number);
  return sum;
}

function check(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  checkSameLength('scores', scores, 'labels', labels);
  if (labels.length < 2) {
    const message = `A correlation: expected at least two pairs, got ${labels.length}.`;
    throw new MetricError('bad-argument', message);
  }
  for (const [what, values] of [
    ['scores', scores],
    ['labels', labels],
  ] as const) {
    checkNumbers(what, values);
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      const message = `A correlation: expected finite ${what}, got ${values[i]} at index ${i}.`;
      throw new MetricError('not-a-number', message);
    }
  }
  for (let i = 1; i < labels.length; i++) if (labels[i] !== labels[0]) return;
  const message = `A correlation: expected labels that differ, got ${labels[0]} for all ${labels.length} pairs.`;
  throw new MetricError('bad-argument', message);
}
