/** How sure a mean over queries is: bootstrap intervals of one model and of the difference of two. */
import { SeededRandom } from '../random/seeded-random.js';
import { checkNumbers, checkSameLength, MetricError } from './metrics/metric-error.js';
import { mean } from './metrics/ranking.js';

/** A mean with the interval that its queries support. */
export interface Interval {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  /** How many queries the mean is over. */
  readonly n: number;
  /** The share of resamples that fall between `lower` and `upper`, e.g. 0.95. */
  readonly confidence: number;
}

export interface BootstrapOptions {
  /** How many times the queries are drawn anew; 10,000 when absent. */
  readonly resamples?: number;
  /** 0.95 when absent. */
  readonly confidence?: number;
  /** The same seed gives the same interval; 12 when absent. */
  readonly seed?: number;
}

/**
 * The mean of one value a query and its bootstrap percentile interval (Efron, 1979): queries are
 * drawn with replacement, as many as there are, and the middle `confidence` of the means is given.
 * With one query the interval has no width and means nothing.
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
 * so what makes a query hard for both does not blur the comparison. The candidate is better with this
 * confidence when `lower` is above zero.
 * @param candidate one value a query
 * @param baseline the value of the same queries, in the same order
 * @throws {MetricError} for NaN, lengths that differ, no value, or options out of range.
 */
export function pairedBootstrapDifference(
  candidate: ArrayLike<number>,
  baseline: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  checkSameLength(
    { what: 'values of the candidate', length: candidate.length },
    { what: 'values of the baseline', length: baseline.length },
  );
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
    const message = `resamples: expected a whole number from 1, came ${resamples}.`;
    throw new MetricError('bad-argument', message);
  }
  if (!(confidence > 0 && confidence < 1)) {
    const message = `confidence: expected a number between 0 and 1, came ${confidence}.`;
    throw new MetricError('bad-argument', message);
  }
}
