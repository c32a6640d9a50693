/**
 * Metrics of one ranking: hit@k, reciprocal rank@k, average precision and NDCG@k.
 *
 * Equal scores count as ranked in a random order: each metric is its exact expected value over all
 * orders within the ties. A scorer that gives every document the same score therefore gets what a
 * random order gets. Without ties the values are those of SBERT's evaluator and of
 * scikit-learn. A ranking without any relevant document has the value 0.
 */
import { checkCutOff, checkNumbers, MetricError } from './metric-error.js';
import { checkGrades, tieGroups } from './tie-groups.js';

/** How a grade becomes a gain: `linear` (the grade, SBERT's) or `exponential` (2^grade - 1). */
export type Gain = 'linear' | 'exponential';

/**
 * The probability that a relevant document (grade > 0) is among the first k: 0 or 1 without ties.
 * @throws {MetricError} for NaN, lengths that differ, bad grades or a bad k.
 */
export function hitAt(k: number, scores: ArrayLike<number>, grades: ArrayLike<number>): number {
  checkCutOff(k);
  for (const { above, size, relevant } of tieGroups(scores, grades)) {
    if (above >= k) return 0;
    if (relevant === 0) continue;
    let missed = 1;
    for (let place = 0; place < Math.min(size, k - above); place++) {
      missed *= Math.max(0, size - relevant - place) / (size - place);
    }
    return 1 - missed;
  }
  return 0;
}

/**
 * 1 / rank of the first relevant document (grade > 0), or 0 when none is among the first k; its mean
 * over queries is MRR@k.
 * @throws {MetricError} for NaN, lengths that differ, bad grades or a bad k.
 */
export function reciprocalRankAt(
  k: number,
  scores: ArrayLike<number>,
  grades: ArrayLike<number>,
): number {
  checkCutOff(k);
  for (const { above, size, relevant } of tieGroups(scores, grades)) {
    if (above >= k) return 0;
    if (relevant === 0) continue;
    let expected = 0;
    let noneYet = 1; // the probability that the places before this one hold nothing relevant
    for (let place = 0; place <= size - relevant && above + place < k; place++) {
      const here = relevant / (size - place);
      expected += (noneYet * here) / (above + place + 1);
      noneYet *= 1 - here;
    }
    return expected;
  }
  return 0;
}

/**
 * The mean, over the relevant documents (grade > 0), of the precision at their ranks; its mean over
 * queries is MAP. There is no cut-off.
 * @param options.relevantTotal how many relevant documents there are, those that are not among the
 *   ranked ones included (their precision is 0); the relevant ranked ones when absent, as SBERT does
 * @throws {MetricError} for NaN, lengths that differ, bad grades, or a total below what was ranked.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  grades: ArrayLike<number>,
  options: { relevantTotal?: number } = {},
): number {
  let relevantAbove = 0;
  let sum = 0;
  for (const { above, size, relevant } of tieGroups(scores, grades)) {
    // A relevant document at one place of the group leaves relevant - 1 for the size - 1 others.
    const density = size > 1 ? (relevant - 1) / (size - 1) : 0;
    for (let place = 0; relevant > 0 && place < size; place++) {
      const found = relevantAbove + 1 + place * density;
      sum += ((relevant / size) * found) / (above + place + 1);
    }
    relevantAbove += relevant;
  }
  const total = options.relevantTotal ?? relevantAbove;
  if (!Number.isInteger(total) || total < relevantAbove) {
    const message = `relevantTotal: expected a whole number of at least ${relevantAbove}, the relevant documents that were ranked, got ${total}.`;
    throw new MetricError('bad-argument', message);
  }
  return total === 0 ? 0 : sum / total;
}

/**
 * Normalised discounted cumulative gain of the first k: the gain of each document divided by
 * log2(rank + 1), summed, and divided by the same sum of the best possible order (Järvelin and
 * Kekäläinen, 2002).
 * @param options.gain how a grade becomes a gain; `linear` when absent, the same for grades 0 and 1
 * @param options.idealGrades the grades of all documents that there are, those that are not among
 *   the ranked ones included; the ranked ones when absent, as SBERT does
 * @throws {MetricError} for NaN, lengths that differ, bad grades or a bad k.
 */
export function ndcgAt(
  k: number,
  scores: ArrayLike<number>,
  grades: ArrayLike<number>,
  options: { gain?: Gain; idealGrades?: ArrayLike<number> } = {},
): number {
  const { gain = 'linear', idealGrades = grades } = options;
  checkCutOff(k);
  const gainOf = gain === 'linear' ? (grade: number) => grade : exponentialGain;
  let reached = 0;
  for (const { above, size, grades: members } of tieGroups(scores, grades)) {
    if (above >= k) break;
    const mean = members.reduce((sum, grade) => sum + gainOf(grade), 0) / size;
    for (let rank = above + 1; rank <= Math.min(above + size, k); rank++) {
      reached += mean / Math.log2(rank + 1);
    }
  }
  const best = idealGain(k, idealGrades, gainOf);
  return best === 0 ? 0 : reached / best;
}

function exponentialGain(grade: number): number {
  const gain = 2 ** grade - 1;
  if (gain < Number.POSITIVE_INFINITY) return gain;
  const message = `Exponential gain: expected grades such as 0 to 5, got ${grade}. Use linear gain for scores.`;
  throw new MetricError('bad-grade', message);
}

function idealGain(
  k: number,
  grades: ArrayLike<number>,
  gainOf: (grade: number) => number,
): number {
  checkGrades(grades);
  const sorted = Float64Array.from(grades).sort().reverse();
  let sum = 0;
  for (let rank = 1; rank <= Math.min(k, sorted.length); rank++) {
    sum += gainOf(sorted[rank - 1] as number) / Math.log2(rank + 1);
  }
  return sum;
}

/** The mean of a metric over queries. @throws {MetricError} `bad-argument` when there is none. */
export function mean(values: ArrayLike<number>): number {
  checkNumbers('values', values);
  if (values.length === 0) {
    throw new MetricError('bad-argument', 'The mean: expected at least one value, got none.');
  }
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}
