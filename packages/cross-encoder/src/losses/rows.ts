/** Turns training rows into pairs, labels and weights, for several losses. */
import type { Value } from '@learning-reranker/onnx-autodiff';
import {
  axisSize,
  divide,
  input,
  multiply,
  reduceSum,
  type Tensor,
} from '@learning-reranker/onnx-autodiff/graph';
import type { TrainingExample } from '../training/example.js';
import type { LossDescription } from './description.js';
import { LossDataError, type Pair } from './loss.js';

/** Rows of one document and one label each. */
export function labelledPairs(
  description: LossDescription,
  examples: readonly TrainingExample[],
  isLabel: (label: number) => boolean,
): { pairs: Pair[]; labels: number[] } {
  const labels: number[] = [];
  const pairs = examples.map((example): Pair => {
    const [document] = example.documents;
    const label = example.labels?.[0];
    if (document === undefined || example.documents.length !== 1 || example.labels?.length !== 1) {
      throw new LossDataError(
        `${description.name} takes ${description.inputs} with one label each; a row has ` +
          `${example.documents.length} documents and ${example.labels?.length ?? 0} labels`,
      );
    }
    if (label === undefined || !isLabel(label)) {
      throw new LossDataError(
        `${description.name}: a label must be ${description.labels}; a row has ${label}`,
      );
    }
    labels.push(label);
    return [example.query, document];
  });
  return { pairs, labels };
}

/** The rows' weights as the input `weights` [rows]. */
export function weightsOf(examples: readonly TrainingExample[]): [string, Value] {
  return ['weights', { data: Float32Array.from(examples, weightOf), shape: [examples.length] }];
}

/** The mean over rows of `losses` [rows], each multiplied by its weight. `rows` names that dimension. */
export function weightedMean(losses: Tensor, rows: 'rows' | 'sequences'): Tensor {
  const weights = input('weights', 'float32', [rows]);
  return divide(reduceSum(multiply(losses, weights), [0]), axisSize(weights, 0));
}

/** A row's weight in the loss; 1 by default. */
export function weightOf({ weight = 1 }: TrainingExample): number {
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw new LossDataError(`The weight of a row must be a number of at least 0, got ${weight}.`);
}

/** Pairs of each row's query with its documents, filled up with null to `columns` for each row. */
export function paddedPairs(
  examples: readonly TrainingExample[],
  documents: readonly (readonly string[])[],
): { pairs: (Pair | null)[]; columns: number } {
  const columns = Math.max(...documents.map((own) => own.length));
  const pairs = examples.flatMap(({ query }, row) =>
    Array.from({ length: columns }, (_, column): Pair | null => {
      const document = documents[row]?.[column];
      return document === undefined ? null : [query, document];
    }),
  );
  return { pairs, columns };
}

/** Marks the first of `columns` columns, which holds the positive of a tuple; [1, columns]. */
export function firstColumn(columns: number): [string, Value] {
  const data = new Float32Array(columns);
  data[0] = 1;
  return ['first_column', { data, shape: [1, columns] }];
}
