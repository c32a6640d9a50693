/** Measures how well scores classify pairs: two classes by one score, more by one score per class. */
import {
  EvaluationDataError,
  type EvaluationResult,
  type Evaluator,
  evaluationResult,
  keyFor,
  type PairScorer,
  scorePairs,
} from './evaluator.js';
import { type BootstrapOptions, bootstrapInterval } from './intervals.js';
import {
  averagePrecisionOverThresholds,
  bestF1Threshold,
  classifyAt,
  mostAccurateThreshold,
} from './metrics/binary-classification.js';
import { checkSameLength } from './metrics/metric-error.js';
import { multiClassF1, predictedClass } from './metrics/multi-class.js';

/** A scorer that, for more than two classes, also gives one score per class. */
export interface ClassScorer extends PairScorer {
  /** One row per pair, in the order given, of one score per class; the highest is the predicted class. */
  predictClasses?(
    pairs: readonly (readonly [string, string])[],
  ): Promise<ArrayLike<ArrayLike<number>>>;
}

export interface ClassificationEvaluatorOptions {
  readonly pairs: readonly (readonly [string, string])[];
  /** One class per pair: 0 or 1, or for more classes whole numbers from 0. */
  readonly labels: readonly number[];
  /**
   * The score from which a pair is called positive, found on another dataset. By default it is the best
   * threshold of this dataset, as in SBERT, which makes the result too optimistic.
   */
  readonly threshold?: number;
  /**
   * Whether the scorer gives one score per class and is measured by F1 over classes. By default, true if
   * any label is above 1.
   */
  readonly multiClass?: boolean;
  /** Put before every key, e.g. `dev` for `dev_average_precision`. */
  readonly name?: string;
  /** How the interval of the accuracy is drawn; false for none. */
  readonly intervals?: BootstrapOptions | false;
}

/** The measurements of one pair. */
export interface ClassificationRow {
  readonly label: number;
  readonly predicted: number;
  /** The pair's score; absent for more than two classes. */
  readonly score?: number;
}

/**
 * SBERT's `CrossEncoderClassificationEvaluator`, with its keys. Two classes: `average_precision`
 * (primary), `accuracy`, `accuracy_threshold`, `f1`, `f1_threshold`, `precision`, `recall` (both of
 * the F1 threshold). More: `f1_macro` (primary), `f1_micro`, `f1_weighted`.
 */
export class CrossEncoderClassificationEvaluator
  implements Evaluator<ClassificationRow, ClassScorer>
{
  readonly name: string;
  readonly primaryMetric: string;
  readonly #pairs: readonly (readonly [string, string])[];
  readonly #labels: readonly number[];
  readonly #threshold: number | undefined;
  readonly #multiClass: boolean;
  readonly #intervals: BootstrapOptions | false;

  /** @throws {EvaluationDataError} for no pair, or other than one usable label a pair. */
  constructor(options: ClassificationEvaluatorOptions) {
    const { pairs, labels } = options;
    if (pairs.length === 0 || pairs.length !== labels.length) {
      const message = `Classification: expected pairs and one label each, got ${pairs.length} pairs and ${labels.length} labels.`;
      throw new EvaluationDataError(message);
    }
    this.#multiClass = options.multiClass ?? labels.some((label) => label > 1);
    for (const [index, label] of labels.entries()) {
      if (Number.isInteger(label) && label >= 0 && (this.#multiClass || label <= 1)) continue;
      const message = `label: expected ${this.#multiClass ? 'a whole number from 0' : '0 or 1'}, got ${label}.`;
      throw new EvaluationDataError(message, index);
    }
    this.name = options.name ?? '';
    this.primaryMetric = keyFor(this.name, this.#multiClass ? 'f1_macro' : 'average_precision');
    this.#pairs = pairs;
    this.#labels = labels;
    this.#threshold = options.threshold;
    this.#intervals = options.intervals ?? {};
  }

  /**
   * Scores all pairs in one call and measures.
   * @throws {MetricError} when the scorer gives NaN or another number of scores than pairs;
   *   {EvaluationDataError} when there are more than two classes and it cannot score classes.
   */
  async evaluate(scorer: ClassScorer): Promise<EvaluationResult<ClassificationRow>> {
    return this.#multiClass ? this.#evaluateClasses(scorer) : this.#evaluateBinary(scorer);
  }

  async #evaluateBinary(scorer: PairScorer): Promise<EvaluationResult<ClassificationRow>> {
    const labels = this.#labels;
    const scores = await scorePairs(scorer, this.#pairs);
    const given = this.#threshold;
    const accurate =
      given === undefined
        ? mostAccurateThreshold(scores, labels)
        : classifyAt(given, scores, labels);
    const f1 = given === undefined ? bestF1Threshold(scores, labels) : accurate;
    const rows = labels.map((label, index): ClassificationRow => {
      const score = scores[index] as number;
      return { label, predicted: score >= accurate.threshold ? 1 : 0, score };
    });
    const metrics = {
      accuracy: accurate.accuracy,
      accuracy_threshold: accurate.threshold,
      f1: f1.f1,
      f1_threshold: f1.threshold,
      precision: f1.precision,
      recall: f1.recall,
      average_precision: averagePrecisionOverThresholds(scores, labels),
    };
    return this.#result(metrics, rows);
  }

  async #evaluateClasses(scorer: ClassScorer): Promise<EvaluationResult<ClassificationRow>> {
    if (scorer.predictClasses === undefined) {
      const message =
        'Classification into more than two classes: expected a scorer with predictClasses, which gives one score per class.';
      throw new EvaluationDataError(message);
    }
    const scores = Array.from(await scorer.predictClasses(this.#pairs));
    checkSameLength('rows of class scores', scores, 'pairs', this.#pairs);
    const rows = this.#labels.map((label, index): ClassificationRow => {
      return { label, predicted: predictedClass(scores[index] ?? []) };
    });
    const predicted = rows.map((row) => row.predicted);
    const { macro, micro, weighted } = multiClassF1(predicted, this.#labels);
    return this.#result({ f1_macro: macro, f1_micro: micro, f1_weighted: weighted }, rows);
  }

  #result(
    metrics: Record<string, number>,
    rows: readonly ClassificationRow[],
  ): EvaluationResult<ClassificationRow> {
    const right = rows.map(({ label, predicted }) => (label === predicted ? 1 : 0));
    const share = this.#multiClass ? 'f1_micro' : 'accuracy'; // both are the share of correct predictions
    const intervals =
      this.#intervals === false ? {} : { [share]: bootstrapInterval(right, this.#intervals) };
    return evaluationResult(this, rows, metrics, intervals);
  }
}
