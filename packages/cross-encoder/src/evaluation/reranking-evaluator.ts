/** Measures how well a scorer ranks each query's documents: NDCG, MRR, MAP and hits. */
import {
  EvaluationDataError,
  type EvaluationResult,
  type Evaluator,
  evaluationResult,
  keyFor,
  type PairScorer,
  prefixKeys,
  scorePairs,
} from './evaluator.js';
import { type BootstrapOptions, bootstrapInterval, type Interval } from './intervals.js';
import { checkCutOff } from './metrics/metric-error.js';
import {
  averagePrecision,
  type Gain,
  hitAt,
  mean,
  ndcgAt,
  reciprocalRankAt,
} from './metrics/ranking.js';
import { type RerankingSample, type RerankingTask, rerankingTask } from './reranking-sample.js';

export interface RerankingEvaluatorOptions {
  readonly samples: readonly RerankingSample[];
  /** The cut-off of NDCG, MRR and the last of the hits; 10 when absent. */
  readonly atK?: number;
  /** Further cut-offs of `hit@k`; 1 and 5 when absent. */
  readonly hitsAt?: readonly number[];
  /**
   * Whether positives that `documents` misses are reranked too; true when absent, as in SBERT. This
   * is optimistic: the first stage then never misses a document.
   */
  readonly alwaysRerankPositives?: boolean;
  /**
   * Whether positives that are not reranked count as missed in NDCG and MAP; false when absent, as
   * in SBERT, where a query whose positives were partly lost can still reach 1.
   */
  readonly countMissedPositives?: boolean;
  /** How a grade becomes a gain in NDCG; `linear` when absent. */
  readonly gain?: Gain;
  /** Put before every key, e.g. `dev` for `dev_ndcg@10`. */
  readonly name?: string;
  /** How intervals are drawn; false for none. */
  readonly intervals?: BootstrapOptions | false;
}

/** The measurements of one query. */
export interface RerankingRow {
  readonly query: string;
  /** How many documents were ranked. */
  readonly documents: number;
  /** How many of them are relevant. */
  readonly positives: number;
  /** How many relevant documents were not ranked. */
  readonly missed: number;
  /** Each metric's value for this query, without the evaluator's name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * SBERT's `CrossEncoderRerankingEvaluator`, with its keys: `ndcg@k` (primary), `mrr@k`, `map`, and,
 * where samples have `documents`, the same of the given order as `base_ndcg@k`, `base_mrr@k`,
 * `base_map`. Beyond it: `hit@k`, graded relevance, one row per query, intervals.
 *
 * It ranks by whatever the scorer gives. Give it raw logits: a sigmoid in 32 bits is exactly 1 from a
 * logit of about 17, and documents that it makes equal count as ranked at random.
 */
export class CrossEncoderRerankingEvaluator implements Evaluator<RerankingRow> {
  readonly name: string;
  readonly primaryMetric: string;
  readonly #tasks: readonly RerankingTask[];
  readonly #cutOff: number;
  readonly #hits: readonly number[];
  readonly #gain: Gain;
  readonly #countMissed: boolean;
  readonly #intervals: BootstrapOptions | false;

  /** @throws {EvaluationDataError} for no sample or a malformed one; {MetricError} for a bad cut-off. */
  constructor(options: RerankingEvaluatorOptions) {
    const { samples, atK = 10, hitsAt = [1, 5], alwaysRerankPositives = true } = options;
    if (samples.length === 0) {
      throw new EvaluationDataError('Reranking: expected at least one sample, got none.');
    }
    this.name = options.name ?? '';
    this.primaryMetric = keyFor(this.name, `ndcg@${atK}`);
    this.#cutOff = atK;
    this.#hits = [...new Set([...hitsAt, atK])].sort((a, b) => a - b);
    for (const k of this.#hits) checkCutOff(k);
    this.#gain = options.gain ?? 'linear';
    this.#countMissed = options.countMissedPositives ?? false;
    this.#intervals = options.intervals ?? {};
    this.#tasks = samples.map((sample, index) =>
      rerankingTask(sample, index, alwaysRerankPositives),
    );
  }

  /**
   * Scores all pairs in one call and measures. A query without a relevant document to rank counts
   * as 0 and is not scored.
   * @throws {MetricError} when the scorer gives NaN or another number of scores than pairs.
   */
  async evaluate(scorer: PairScorer): Promise<EvaluationResult<RerankingRow>> {
    const scored = this.#tasks.map(({ grades }) => grades.some((grade) => grade > 0));
    const pairs = this.#tasks.flatMap(({ query, documents }, index) =>
      scored[index] ? documents.map((document) => [query, document] as const) : [],
    );
    const scores = Array.from(await scorePairs(scorer, pairs));
    let start = 0;
    const rows = this.#tasks.map((task, index): RerankingRow => {
      const end = start + (scored[index] ? task.documents.length : 0);
      const own = scored[index] ? scores.slice(start, end) : task.documents.map(() => 0);
      start = end;
      return this.#row(task, own);
    });
    return this.#summary(rows);
  }

  #row(task: RerankingTask, scores: readonly number[]): RerankingRow {
    const { query, grades, missedGrades, baseGrades } = task;
    const missed = this.#countMissed ? missedGrades : [];
    const metrics = this.#measure(scores, grades, missed);
    for (const k of this.#hits) metrics[`hit@${k}`] = hitAt(k, scores, grades);
    if (baseGrades) {
      const places = baseGrades.map((_, place) => -place);
      Object.assign(metrics, prefixKeys('base', this.#measure(places, baseGrades, [])));
    }
    const positives = grades.filter((grade) => grade > 0).length;
    return { query, documents: grades.length, positives, missed: missedGrades.length, metrics };
  }

  #measure(
    scores: readonly number[],
    grades: readonly number[],
    missedGrades: readonly number[],
  ): Record<string, number> {
    const k = this.#cutOff;
    const relevantTotal = [...grades, ...missedGrades].filter((grade) => grade > 0).length;
    const ndcg = ndcgAt(k, scores, grades, {
      gain: this.#gain,
      idealGrades: [...grades, ...missedGrades],
    });
    return {
      [`ndcg@${k}`]: ndcg,
      [`mrr@${k}`]: reciprocalRankAt(k, scores, grades),
      map: averagePrecision(scores, grades, { relevantTotal }),
    };
  }

  #summary(rows: readonly RerankingRow[]): EvaluationResult<RerankingRow> {
    const metrics: Record<string, number> = {};
    const intervals: Record<string, Interval> = {};
    for (const metric of new Set(rows.flatMap((row) => Object.keys(row.metrics)))) {
      // Only samples with documents have a base, and as in SBERT its mean is over them.
      const values = rows.flatMap((row) => row.metrics[metric] ?? []);
      metrics[metric] = mean(values);
      if (this.#intervals !== false) intervals[metric] = bootstrapInterval(values, this.#intervals);
    }
    return evaluationResult(this, rows, metrics, intervals);
  }
}
