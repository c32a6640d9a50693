/** What a loss is: a description, the pairs it wants scored, and a scalar of their logits. */
import type { Tensor, Value } from '@learning-reranker/onnx-autodiff';
import type { SeededRandom } from '../random/seeded-random.js';
import type { TrainingExample } from '../training/example.js';
import type { LossDescription } from './description.js';

export type LossParameters = Readonly<Record<string, number | boolean | string | null>>;

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
export class LossDataError extends Error {
  override readonly name = 'LossDataError';
}

/** A loss that does not exist, or a parameter that it does not have or that is out of range. */
export class LossChoiceError extends Error {
  override readonly name = 'LossChoiceError';
}

/** Fills in defaults and checks what was given against the description. */
export function resolveParameters(
  description: LossDescription,
  given: LossParameters,
): LossParameters {
  const known = new Map(description.parameters.map((parameter) => [parameter.name, parameter]));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      throw new LossChoiceError(
        `${description.name} has no parameter '${name}'; it has: ${[...known.keys()].join(', ') || 'none'}`,
      );
    }
  }
  return Object.fromEntries(
    description.parameters.map((parameter) => {
      // null is a value of its own: SBERT's None.
      const own = given[parameter.name];
      const value = own === undefined ? parameter.default : own;
      const refuse = (expected: string) => {
        throw new LossChoiceError(
          `${description.name}: ${parameter.name} must be ${expected}, got ${JSON.stringify(value)}`,
        );
      };
      if (value === null) {
        if (parameter.default !== null && !parameter.nullable) refuse(`a ${parameter.type}`);
      } else if (parameter.type === 'integer' || parameter.type === 'number') {
        if (typeof value !== 'number' || !Number.isFinite(value)) refuse(`a ${parameter.type}`);
        else if (parameter.type === 'integer' && !Number.isInteger(value)) refuse('a whole number');
        else if (parameter.minimum !== undefined && value < parameter.minimum) {
          refuse(`at least ${parameter.minimum}`);
        }
      } else if (typeof value !== parameter.type) {
        refuse(`a ${parameter.type}`);
      } else if (parameter.choices && !parameter.choices.includes(value as string)) {
        refuse(`one of ${parameter.choices.join(', ')}`);
      }
      return [parameter.name, value];
    }),
  );
}
