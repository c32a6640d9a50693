/** What a loss is: a description, the pairs it wants scored, and a scalar of their logits. */

import type { Tensor, Value } from '@learning-reranker/onnx-autodiff';
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import { expectedInstead, type ParameterValue } from '../parameters.js';
import type { SeededRandom } from '../random/seeded-random.js';
import type { TrainingExample } from '../training/example.js';
import type { LossDescription } from './description.js';

export type LossParameters = Readonly<Record<string, ParameterValue>>;

/** A (query, document) pair to score; null is an empty place whose logit nobody reads. */
export type Pair = readonly [query: string, document: string];

/** A batch as a loss sees it: the pairs whose logits it needs, in order, and what it compares them with. */
export interface ArrangedBatch {
  readonly pairs: readonly (Pair | null)[];
  readonly feeds: ReadonlyMap<string, Value>;
}

export interface Loss {
  readonly description: LossDescription;
  /** The parameters in force: SBERT's defaults where nothing was given. */
  readonly parameters: LossParameters;
  /** Throws `LossDataError` where batches of this size of these rows could not teach anything. */
  checkBatches?(examples: readonly TrainingExample[], batchSize: number): void;
  /** Lays out a batch. Throws `LossDataError` when the rows do not have the shape this loss needs. */
  arrange(examples: readonly TrainingExample[], random: SeededRandom): ArrangedBatch;
  /** The loss as a scalar of `logits` [pairs, numLabels]; its other inputs are those that `arrange` feeds. */
  forward(logits: Tensor): Tensor;
}

/** Rows that do not have the shape a loss needs. */
export class LossDataError extends TypedError {
  override readonly name = 'LossDataError';
  readonly kind = 'malformed';
}

/** A loss that does not exist, or a parameter that it does not have or that is out of range. */
export class LossChoiceError extends TypedError {
  override readonly name = 'LossChoiceError';
  readonly kind = 'invalid';
}

/** Fills in SBERT's defaults and checks what was given. Throws `LossChoiceError`. */
export function resolveParameters(
  { name, parameters }: LossDescription,
  given: LossParameters,
): LossParameters {
  const known = new Set(parameters.map((parameter) => parameter.name));
  for (const key of Object.keys(given)) {
    if (known.has(key)) continue;
    throw new LossChoiceError(
      `${name} has no parameter '${key}'; it has: ${[...known].join(', ') || 'none'}`,
    );
  }
  return Object.fromEntries(
    parameters.map((parameter) => {
      // null is a value of its own: SBERT's None.
      const own = given[parameter.name];
      const value = own === undefined ? parameter.default : own;
      const expected = expectedInstead(parameter, value);
      if (expected === null) return [parameter.name, value];
      throw new LossChoiceError(
        `${name}: ${parameter.name} must be ${expected}, got ${JSON.stringify(value)}`,
      );
    }),
  );
}
