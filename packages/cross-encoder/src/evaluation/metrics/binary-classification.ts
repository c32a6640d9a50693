/** Metrics of pairs that are positive (label 1) or negative (label 0), by one score each. */
import { checkNumbers, checkSameLength, MetricError } from './metric-error.js';
import { tieGroups } from './tie-groups.js';

/** The metrics of a threshold: a pair is called positive if its score is at least the threshold. */
export interface BinaryClassification {
  readonly threshold: number;
  readonly accuracy: number;
  /** The share of positive pairs among those called positive; 0 if there are none. */
  readonly precision: number;
  /** The share of positive pairs that are called positive; 0 if there are none. */
  readonly recall: number;
  /** The harmonic mean of precision and recall. */
  readonly f1: number;
}

/**
 * The metrics of a given threshold, for instance one found on another dataset.
 * @throws {MetricError} for NaN, lengths that differ or labels other than 0 and 1.
 */
export function classifyAt(
  threshold: number,
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): BinaryClassification {
  checkBinary(scores, labels);
  checkNumbers('thresholds', [threshold]);
  let called = 0;
  let correct = 0;
  let positives = 0;
  for (let i = 0; i < scores.length; i++) {
    const isCalled = (scores[i] as number) >= threshold;
    if (isCalled) called++;
    if (labels[i] === 1) positives++;
    if (isCalled && labels[i] === 1) correct++;
  }
  return outcome(threshold, { called, correct, positives, total: scores.length });
}

/**
 * The threshold of the highest accuracy on this dataset, and its metrics. They are too optimistic, because
 * the threshold is tuned on the same data: tune on one split and use `classifyAt` on another.
 * @throws {MetricError} as `classifyAt`, and for an empty set.
 */
export function mostAccurateThreshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): BinaryClassification {
  return best(scores, labels, (candidate) => candidate.accuracy);
}

/**
 * The threshold of the highest F1 on this dataset, and its metrics, which are too optimistic as those of
 * `mostAccurateThreshold`. Without a positive pair F1 is 0 and everything is called negative.
 * @throws {MetricError} as `classifyAt`, and for an empty set.
 */
export function bestF1Threshold(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): BinaryClassification {
  return best(scores, labels, (candidate) => candidate.f1);
}

/**
 * Average precision over thresholds, as scikit-learn defines it: the sum, over the distinct scores,
 * of the precision there times the recall gained there. No threshold separates equal scores, so they
 * count as one step, and a constant scorer gets the share of positives.
 * @throws {MetricError} for NaN, lengths that differ or labels other than 0 and 1.
 */
export function averagePrecisionOverThresholds(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  checkBinary(scores, labels);
  let correct = 0;
  let sum = 0;
  for (const { above, size, relevant } of tieGroups(scores, labels)) {
    correct += relevant;
    sum += (relevant * correct) / (above + size);
  }
  return correct === 0 ? 0 : sum / correct;
}

/** Tries all thresholds between scores, from "nothing is positive" down; the first best one wins. */
function best(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  measure: (candidate: BinaryClassification) => number,
): BinaryClassification {
  checkBinary(scores, labels);
  if (scores.length === 0) {
    throw new MetricError('bad-argument', 'A threshold: expected at least one pair, got none.');
  }
  const groups = tieGroups(scores, labels);
  const descending = Float64Array.from(scores).sort().reverse();
  const total = scores.length;
  const positives = groups.reduce((sum, group) => sum + group.relevant, 0);
  const nothing = nextAbove(descending[0] as number);
  let winner = outcome(nothing, { called: 0, correct: 0, positives, total });
  let correct = 0;
  for (const { above, size, relevant } of groups) {
    correct += relevant;
    const called = above + size;
    const threshold = between(descending[above] as number, descending[called]);
    const candidate = outcome(threshold, { called, correct, positives, total });
    if (measure(candidate) > measure(winner)) winner = candidate;
  }
  return winner;
}

function outcome(
  threshold: number,
  counts: { called: number; correct: number; positives: number; total: number },
): BinaryClassification {
  const { called, correct, positives, total } = counts;
  const precision = called === 0 ? 0 : correct / called;
  const recall = positives === 0 ? 0 : correct / positives;
  const f1 = correct === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  const rightlyNegative = total - positives - (called - correct);
  const accuracy = total === 0 ? 0 : (correct + rightlyNegative) / total;
  return { threshold, accuracy, precision, recall, f1 };
}

/** Half way to the next lower score, and above it even after rounding. */
function between(score: number, lower: number | undefined): number {
  if (lower === undefined) return score;
  const middle = (score + lower) / 2;
  return middle > lower && middle <= score ? middle : score;
}

/** The smallest number above a finite one. */
function nextAbove(value: number): number {
  if (!Number.isFinite(value)) return Number.POSITIVE_INFINITY;
  if (value === 0) return Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] as bigint) + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0] as number;
}

function checkBinary(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  checkSameLength('scores', scores, 'labels', labels);
  checkNumbers('scores', scores);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0 || labels[i] === 1) continue;
    const message = `A label: expected 0 (negative) or 1 (positive), got ${labels[i]} at index ${i}.`;
    throw new MetricError('bad-label', message);
  }
}
