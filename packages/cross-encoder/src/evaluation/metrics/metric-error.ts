/** Checks the input of metrics: no metric is better than a wrong one. */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** Scores, grades or arguments from which no metric can be computed. */
export class MetricError extends CodedError<
  'not-a-number' | 'lengths-differ' | 'bad-grade' | 'bad-label' | 'bad-argument'
> {
  override readonly name = 'MetricError';
  readonly kind = 'invalid';
}

/** @throws {MetricError} `lengths-differ` unless both have the same length. */
export function checkSameLength(
  what: string,
  values: ArrayLike<unknown>,
  whatElse: string,
  others: ArrayLike<unknown>,
): void {
  if (values.length === others.length) return;
  const message = `Expected as many ${what} as ${whatElse}, got ${values.length} and ${others.length}.`;
  throw new MetricError('lengths-differ', message);
}

/** @throws {MetricError} `not-a-number` for NaN, which cannot be ordered. */
export function checkNumbers(what: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'number' && !Number.isNaN(value)) continue;
    const message = `Expected a number for each of the ${values.length} ${what}, got ${value} at index ${i}. The model may have diverged; no metric was computed.`;
    throw new MetricError('not-a-number', message);
  }
}

/** @throws {MetricError} `bad-argument` unless k is a whole number from 1. */
export function checkCutOff(k: number): void {
  if (Number.isInteger(k) && k >= 1) return;
  throw new MetricError('bad-argument', `The cut-off k: expected a whole number from 1, got ${k}.`);
}
