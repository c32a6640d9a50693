/** A ranking as groups of equal scores, so that no metric depends on the order within a tie. */
import { checkNumbers, checkSameLength, MetricError } from './metric-error.js';

/** The documents that share one score. */
export interface TieGroup {
  /** How many documents are ranked above the group. */
  readonly above: number;
  readonly size: number;
  /** How many documents of the group are relevant, that is, have a grade above zero. */
  readonly relevant: number;
  readonly grades: readonly number[];
}

/**
 * Groups of equal scores, best first.
 * @param scores one score per document, higher is better
 * @param grades one relevance grade per document, zero or more
 * @throws {MetricError} for NaN, lengths that differ, negative or infinite grades.
 */
export function tieGroups(scores: ArrayLike<number>, grades: ArrayLike<number>): TieGroup[] {
  checkSameLength('scores', scores, 'grades', grades);
  checkNumbers('scores', scores);
  checkGrades(grades);
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index);
  order.sort((a, b) => compare(scores[b] as number, scores[a] as number));
  const groups: TieGroup[] = [];
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    const score = scores[order[start] as number];
    while (end < order.length && scores[order[end] as number] === score) end++;
    const members = Array.from(order.subarray(start, end), (index) => grades[index] as number);
    const relevant = members.filter((grade) => grade > 0).length;
    groups.push({ above: start, size: end - start, relevant, grades: members });
    start = end;
  }
  return groups;
}

/** @throws {MetricError} unless every grade is finite and not negative. */
export function checkGrades(grades: ArrayLike<number>): void {
  checkNumbers('grades', grades);
  for (let i = 0; i < grades.length; i++) {
    const grade = grades[i] as number;
    if (grade >= 0 && grade < Number.POSITIVE_INFINITY) continue;
    const message = `A relevance grade: expected a finite number from 0, got ${grade} at index ${i}.`;
    throw new MetricError('bad-grade', message);
  }
}

/** Not by subtraction, which gives NaN for two infinities. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
