/** Several systems on the same lists: BM25 alone, models alone, and the blends that would be served. */
import { bootstrapInterval } from '@learning-reranker/cross-encoder';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { type CandidateList, evaluationHash } from './candidates.js';
import { type MetricName, metricNames, metricPerQuery } from './metrics.js';

/** A mean over queries with its 95 % bootstrap interval. */
export interface MetricInterval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
}

export interface SystemResult {
  readonly system: string;
  readonly n: number;
  readonly metrics: Readonly<Record<MetricName, MetricInterval>>;
  /** NDCG@10 of each query, for paired comparisons. */
  readonly ndcgPerQuery: readonly number[];
}

export interface Evaluation {
  /** Hash of the lists. Results can be compared only when it is equal. */
  readonly hash: string;
  readonly queries: number;
  /** The share of queries with a relevant document among the candidates: the most that reranking can reach. */
  readonly recallAtDepth: number;
  readonly systems: readonly SystemResult[];
}

/** Results that cannot be computed or compared. */
export class ComparisonError extends TypedError {
  override readonly name = 'ComparisonError';
  readonly kind = 'conflict';
}

export function evaluateSystems(
  lists: readonly CandidateList[],
  scoresOf: ReadonlyMap<string, readonly (readonly number[])[]>,
): Evaluation {
  if (lists.length === 0) {
    throw new ComparisonError(
      'This split has no held-out queries. A share of the mined queries is held out, and so far there are too few: mine more, or choose another split.',
    );
  }
  const found = lists.filter(({ candidates }) => candidates.some(({ grade }) => grade > 0)).length;
  return {
    hash: evaluationHash(lists),
    queries: lists.length,
    recallAtDepth: found / lists.length,
    systems: [...scoresOf].map(([system, scores]) => measure(system, lists, scores)),
  };
}

/** BM25's own order as scores. */
export function retrievalScores(lists: readonly CandidateList[]): number[][] {
  return lists.map(({ candidates }) => candidates.map(({ retrievalScore }) => retrievalScore));
}

function measure(
  system: string,
  lists: readonly CandidateList[],
  scores: readonly (readonly number[])[],
): SystemResult {
  const metrics = {} as Record<MetricName, MetricInterval>;
  for (const name of metricNames) {
    const { mean, lower, upper } = bootstrapInterval(metricPerQuery(lists, scores, name));
    metrics[name] = { mean, lower, upper };
  }
  return {
    system,
    n: lists.length,
    metrics,
    ndcgPerQuery: metricPerQuery(lists, scores, 'NDCG@10'),
  };
}
