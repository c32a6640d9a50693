/** The interface of an evaluator and of its result: metrics by SBERT's keys, intervals, rows. */
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import type { Interval } from './intervals.js';
import { checkNumbers, checkSameLength } from './metrics/metric-error.js';

/** Scores (query, document) pairs: a `CrossEncoder`, a baseline, a test double. */
export interface PairScorer {
  /** One score per pair, in the order given; higher is more relevant. */
  predict(pairs: readonly (readonly [string, string])[]): Promise<ArrayLike<number>>;
}

/** The outcome of one evaluation. */
export interface EvaluationResult<Row = unknown> {
  /** The metrics by SBERT's keys, e.g. `ndcg@10`, or `dev_ndcg@10` for an evaluator named `dev`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The key in `metrics` by which models are compared; higher is better. */
  readonly primaryMetric: string;
  /** Bootstrap intervals, by the same keys, of those metrics that are means over rows. */
  readonly intervals: Readonly<Record<string, Interval>>;
  /** The measurements of each query or pair, in the order given. */
  readonly rows: readonly Row[];
}

/** Measures scorers on its own data. */
export interface Evaluator<Row = unknown, Scorer extends PairScorer = PairScorer> {
  /** Put before every key, as SBERT does; may be empty. */
  readonly name: string;
  /** The key, name included, of the metric by which models are compared; higher is better. */
  readonly primaryMetric: string;
  evaluate(scorer: Scorer): Promise<EvaluationResult<Row>>;
}

/** Evaluation data that cannot be used. The message names the sample and what was expected. */
export class EvaluationDataError extends TypedError {
  override readonly name = 'EvaluationDataError';
  readonly kind = 'malformed';
  /** The wrong sample or pair, counted from 0; absent if the error concerns all of them. */
  readonly index: number | undefined;

  constructor(message: string, index?: number) {
    super(index === undefined ? message : `Sample ${index}: ${message}`);
    this.index = index;
  }
}

/** A metric's key under the name of an evaluator: `dev_ndcg@10`, or `ndcg@10` without a name. */
export function keyFor(name: string, metric: string): string {
  return name === '' ? metric : `${name}_${metric}`;
}

/** All keys of a record under the name of an evaluator. */
export function prefixKeys<T>(name: string, record: Record<string, T>): Record<string, T> {
  const entries = Object.entries(record).map(([metric, value]) => [keyFor(name, metric), value]);
  return Object.fromEntries(entries) as Record<string, T>;
}

/** The result of an evaluator, with its name before every key. */
export function evaluationResult<Row>(
  { name, primaryMetric }: Pick<Evaluator, 'name' | 'primaryMetric'>,
  rows: readonly Row[],
  metrics: Record<string, number>,
  intervals: Record<string, Interval> = {},
): EvaluationResult<Row> {
  return {
    metrics: prefixKeys(name, metrics),
    primaryMetric,
    intervals: prefixKeys(name, intervals),
    rows,
  };
}

/**
 * One score per pair, checked.
 * @throws {MetricError} when the scorer gives NaN, or more or fewer scores than pairs.
 */
export async function scorePairs(
  scorer: PairScorer,
  pairs: readonly (readonly [string, string])[],
): Promise<ArrayLike<number>> {
  if (pairs.length === 0) return [];
  const scores = await scorer.predict(pairs);
  checkSameLength('scores', scores, 'pairs', pairs);
  checkNumbers('scores', scores);
  return scores;
}
