/** Measures how well scores follow graded labels, such as a teacher's scores or human similarity. */
import {
  EvaluationDataError,
  type EvaluationResult,
  type Evaluator,
  evaluationResult,
  keyFor,
  type PairScorer,
  scorePairs,
} from './evaluator.js';
import { pearson, spearman } from './metrics/correlation.js';

export interface CorrelationEvaluatorOptions {
  readonly pairs: readonly (readonly [string, string])[];
  /** One label per pair, of any scale; they must not all be equal. */
  readonly labels: readonly number[];
  /** Put before every key, e.g. `dev` for `dev_spearman`. */
  readonly name?: string;
}

/** The measurements of one pair. */
export interface CorrelationRow {
  readonly label: number;
  readonly score: number;
}

/** SBERT's `CrossEncoderCorrelationEvaluator`, with its keys: `spearman` (primary) and `pearson`. */
export class CrossEncoderCorrelationEvaluator implements Evaluator<CorrelationRow> {
  readonly name: string;
  readonly primaryMetric: string;
  readonly #pairs: readonly (readonly [string, string])[];
  readonly #labels: readonly number[];

  /** @throws {EvaluationDataError} for fewer than two pairs, or other than one label per pair. */
  constructor(options: CorrelationEvaluatorOptions) {
    const { pairs, labels } = options;
    if (pairs.length < 2 || pairs.length !== labels.length) {
      const message = `Correlation: expected at least two pairs and one label each, got ${pairs.length} pairs and ${labels.length} labels.`;
      throw new EvaluationDataError(message);
    }
    for (const [index, label] of labels.entries()) {
      if (Number.isFinite(label)) continue;
      throw new EvaluationDataError(`label: expected a finite number, got ${label}.`, index);
    }
    if (labels.every((label) => label === labels[0])) {
      const message = `Correlation: expected labels that differ, got ${labels[0]} for all.`;
      throw new EvaluationDataError(message);
    }
    this.name = options.name ?? '';
    this.primaryMetric = keyFor(this.name, 'spearman');
    this.#pairs = pairs;
    this.#labels = labels;
  }

  /**
   * Scores all pairs in one call and measures; a constant scorer gets 0.
   * @throws {MetricError} when the scorer gives NaN, infinity or another number of scores than pairs.
   */
  async evaluate(scorer: PairScorer): Promise<EvaluationResult<CorrelationRow>> {
    const labels = this.#labels;
    const scores = await scorePairs(scorer, this.#pairs);
    const metrics = { pearson: pearson(scores, labels), spearman: spearman(scores, labels) };
    const rows = labels.map((label, index) => ({ label, score: scores[index] as number }));
    return evaluationResult(this, rows, metrics);
  }
}
