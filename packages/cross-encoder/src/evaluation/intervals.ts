/** Bootstrap intervals of a mean over queries: of one model, and of the difference of two. */
import { SeededRandom } from '../random/seeded-random.js';
import { checkNumbers, checkSameLength, MetricError } from './metrics/metric-error.js';
import { mean } from './metrics/ranking.js';

/** A mean with its confidence interval. */
export interface Interval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** The number of queries. */
  readonly n: number;
  /** The share of resamples that fall between `lower` and `upper`, e.g. 0.95. */
  readonly confidence: number;
}

export interface BootstrapOptions {
  /** How many times the queries are resampled; 10,000 by default. */
  readonly resamples?: number;
  /** 0.95 by default. */
  readonly confidence?: number;
  /** The same seed gives the same interval; 12 by default. */
  readonly seed?: number;
}

/**
 * The mean of one value per query and its bootstrap percentile interval (Efron, 1979): queries are
 * drawn with replacement, as many as there are, and the interval holds the middle `confidence` of the means.
 * With one query the interval has no width and no meaning.
 * @throws {MetricError} for NaN, no value, or options out of range.
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  const { resamples = 10_000, confidence = 0.95, seed = 12 } = options;
  checkOptions(resamples, confidence);
  checkNumbers('values', values);
  const centre = mean(values);
  const n = values.length;
  const data = Float64Array.from(values);
  const random = new SeededRandom(seed);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += data[random.nextInt(n)] as number;
    means[resample] = sum / n;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  return {
    mean: centre,
    lower: quantile(means, tail),
    upper: quantile(means, 1 - tail),
    n,
    confidence,
  };
}

/**
 * The mean difference of two models on the same queries and its interval: queries are drawn in pairs,
 * so a query that is hard for both models does not widen the interval. The candidate is better with this
 * confidence when `lower` is above zero.
 * @param candidate one value per query
 * @param baseline the value of the same queries, in the same order
 * @throws {MetricError} for NaN, lengths that differ, no value, or options out of range.
 */
export function pairedBootstrapDifference(
  candidate: ArrayLike<number>,
  baseline: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  checkSameLength('values of the candidate', candidate, 'values of the baseline', baseline);
  checkNumbers('values of the candidate', candidate);
  checkNumbers('values of the baseline', baseline);
  const differences = Float64Array.from(
    candidate,
    (value, index) => value - (baseline[index] as number),
  );
  return bootstrapInterval(differences, options);
}

/** Linear interpolation between the two nearest of sorted values, as NumPy's default. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

function checkOptions(resamples: number, confidence: number): void {
  if (!Number.isInteger(resamples) || resamples < 1) {
    const message = `resamples: expected a whole number from 1, got ${resamples}.`;
    throw new MetricError('bad-argument', message);
  }
  if (!(confidence > 0 && confidence < 1)) {
    const message = `confidence: expected a number between 0 and 1, got ${confidence}.`;
    throw new MetricError('bad-argument', message);
  }
}
