/** Metrics of rankings over candidate lists, a value a query. */
import {
  averagePrecision,
  hitAt,
  ndcgAt,
  reciprocalRankAt,
} from '@learning-reranker/cross-encoder';
import type { CandidateList } from './candidates.js';

export const metricNames = [
  'NDCG@10',
  'MRR@10',
  'MAP',
  'Hit@1',
  'Hit@3',
  'Hit@5',
  'Hit@10',
] as const;
export type MetricName = (typeof metricNames)[number];

/**
 * A metric for each query. A relevant document that is not among the candidates counts as never found:
 * reranking cannot hide what retrieval missed. Ties count as a random order.
 */
export function metricPerQuery(
  lists: readonly CandidateList[],
  scores: readonly (readonly number[])[],
  name: MetricName,
): number[] {
  return lists.map(({ candidates, relevantGrades }, list) => {
    const grades = candidates.map(({ grade }) => grade);
    if (grades.every((grade) => grade === 0)) return 0;
    return metric(name, scores[list] ?? [], grades, relevantGrades);
  });
}

export function meanMetric(
  lists: readonly CandidateList[],
  scores: readonly (readonly number[])[],
  name: MetricName,
): number {
  const values = metricPerQuery(lists, scores, name);
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function metric(
  name: MetricName,
  scores: readonly number[],
  grades: readonly number[],
  relevantGrades: readonly number[],
): number {
  switch (name) {
    case 'NDCG@10':
      return ndcgAt(10, scores, grades, { idealGrades: relevantGrades });
    case 'MRR@10':
      return reciprocalRankAt(10, scores, grades);
    case 'MAP':
      return averagePrecision(scores, grades, {
        relevantTotal: relevantGrades.filter((grade) => grade > 0).length,
      });
    case 'Hit@1':
      return hitAt(1, scores, grades);
    case 'Hit@3':
      return hitAt(3, scores, grades);
    case 'Hit@5':
      return hitAt(5, scores, grades);
    case 'Hit@10':
      return hitAt(10, scores, grades);
  }
}
