/** Reads training rows into the pairs and numbers that the losses compare. */
import { reshapeTo, type Tensor, type Value } from '@learning-reranker/onnx-autodiff';
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
  const pairs = examples.map((example, row): Pair => {
    const [document] = example.documents;
    const label = example.labels?.[0];
    if (document === undefined || example.documents.length !== 1 || example.labels?.length !== 1) {
      throw new LossDataError(
        `${description.name} takes ${description.inputs} with one label each; row ${row} of the batch has ` +
          `${example.documents.length} documents and ${example.labels?.length ?? 0} labels`,
      );
    }
    if (label === undefined || !isLabel(label)) {
      throw new LossDataError(
        `${description.name}: a label must be ${description.labels}; row ${row} of the batch has ${label}`,
      );
    }
    labels.push(label);
    return [example.query, document];
  });
  return { pairs, labels };
}

/** The rows' weights as the input `weights` [rows]. */
export function weightsOf(examples: readonly TrainingExample[]): [string, Value] {
  const data = Float32Array.from(examples, (example) => example.weight ?? 1);
  return ['weights', { data, shape: [examples.length] }];
}

/** Marks the first of `columns` columns, where losses over tuples keep the positive; [1, columns]. */
export function firstColumn(columns: number): [string, Value] {
  const data = new Float32Array(columns);
  data[0] = 1;
  return ['first_column', { data, shape: [1, columns] }];
}

/** Logits [rows * columns, 1] in the shape of `like` [rows, columns]. */
export function asRows(logits: Tensor, like: Tensor): Tensor {
  return reshapeTo(logits, like);
}
