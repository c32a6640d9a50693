/** The interface of a loss: a description, the pairs that it needs scored, and a scalar of their logits. */
import type { Tensor, Value } from '@learning-reranker/onnx-autodiff';
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import { expectedInstead, type ParameterValue } from '../parameters.js';
import type { SeededRandom } from '../random/seeded-random.js';
import type { TrainingExample } from '../training/example.js';
import type { LossDescription } from './description.js';

export type LossParameters = Readonly<Record<string, ParameterValue>>;

/** A (query, document) pair to score. */
export type Pair = readonly [query: string, document: string];

/** A batch as a loss needs it. */
export interface ArrangedBatch {
  /** The pairs to score, in order; null is an empty place, whose logit is not used. */
  readonly pairs: readonly (Pair | null)[];
  /** The inputs of `forward` beside the logits, by name. */
  readonly feeds: ReadonlyMap<string, Value>;
}

export interface Loss {
  readonly description: LossDescription;
  /** All parameters: those given, and SBERT's defaults. */
  readonly parameters: LossParameters;
  /** Throws `LossDataError` if nothing can be learned from these rows in batches of this size. */
  checkBatches?(examples: readonly TrainingExample[], batchSize: number): void;
  /** Lays out a batch. Throws `LossDataError` if the rows do not have the shape that this loss needs. */
  arrange(examples: readonly TrainingExample[], random: SeededRandom): ArrangedBatch;
  /** The loss as a scalar of `logits` [pairs, numLabels] and of the inputs that `arrange` feeds. */
  forward(logits: Tensor): Tensor;
}

/** A loss before its parameters are chosen. */
export interface LossDefinition {
  readonly description: LossDescription;
  /** `numLabels` is the head's number of logits. Throws `LossChoiceError`. */
  create(given: LossParameters, numLabels: number): Loss;
}

/** Defines a loss: `make` gets all parameters, checked against the description. */
export function defineLoss(
  description: LossDescription,
  make: (
    parameters: LossParameters,
    numLabels: number,
  ) => Pick<Loss, 'arrange' | 'forward' | 'checkBatches'>,
): LossDefinition {
  return {
    description,
    create(given, numLabels) {
      const parameters = resolveParameters(description, given);
      return { description, parameters, ...make(parameters, numLabels) };
    },
  };
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

/** The given parameters, checked, with SBERT's defaults for the others. Throws `LossChoiceError`. */
function resolveParameters(
  { name, parameters }: LossDescription,
  given: LossParameters,
): LossParameters {
  const known = new Set(parameters.map((parameter) => parameter.name));
  for (const key of Object.keys(given)) {
    if (known.has(key)) continue;
    throw new LossChoiceError(
      `${name} has no parameter '${key}'. Its parameters are: ${[...known].join(', ') || 'none'}.`,
    );
  }
  return Object.fromEntries(
    parameters.map((parameter) => {
      // null is a value: SBERT's None.
      const own = given[parameter.name];
      const value = own === undefined ? parameter.default : own;
      const expected = expectedInstead(parameter, value);
      if (expected === null) return [parameter.name, value];
      throw new LossChoiceError(
        `${name}: ${parameter.name} must be ${expected}, got ${JSON.stringify(value)}.`,
      );
    }),
  );
}
