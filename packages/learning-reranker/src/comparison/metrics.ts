/** Metrics of rankings over candidate lists, one value for each query. */
import {
  averagePrecision,
  hitAt,
  ndcgAt,
  reciprocalRankAt,
} from '@learning-reranker/cross-encoder';
import type { CandidateList } from './candidates.js';

/** Scores and grades of a list's candidates; the grades of all relevant documents. */
type Metric = (
  scores: readonly number[],
  grades: readonly number[],
  relevantGrades: readonly number[],
) => number;

const metrics = {
  'NDCG@10': (scores, grades, relevantGrades) =>
    ndcgAt(10, scores, grades, { idealGrades: relevantGrades }),
  'MRR@10': (scores, grades) => reciprocalRankAt(10, scores, grades),
  MAP: (scores, grades, relevantGrades) =>
    averagePrecision(scores, grades, {
      relevantTotal: relevantGrades.filter((grade) => grade > 0).length,
    }),
  'Hit@1': (scores, grades) => hitAt(1, scores, grades),
  'Hit@3': (scores, grades) => hitAt(3, scores, grades),
  'Hit@5': (scores, grades) => hitAt(5, scores, grades),
  'Hit@10': (scores, grades) => hitAt(10, scores, grades),
} satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as readonly MetricName[];

/**
 * A relevant document that is not among the candidates counts as never found: reranking cannot hide what
 * retrieval missed. Candidates with equal scores count as if in random order.
 */
export function metricPerQuery(
  lists: readonly CandidateList[],
  scores: readonly (readonly number[])[],
  name: MetricName,
): number[] {
  const metric: Metric = metrics[name];
  return lists.map(({ candidates, relevantGrades }, list) => {
    const grades = candidates.map(({ grade }) => grade);
    if (grades.every((grade) => grade === 0)) return 0;
    return metric(scores[list] ?? [], grades, relevantGrades);
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
