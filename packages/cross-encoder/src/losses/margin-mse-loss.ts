/** `MarginMSELoss`: learns a teacher's margin between two documents (Hofstätter et al. 2020, arXiv:2010.02666). */
import {
  divide,
  input,
  multiply,
  reduceSum,
  reshapeTo,
  subtract,
} from '@learning-reranker/onnx-autodiff/graph';
import type { TrainingExample } from '../training/example.js';
import { activate, activationParameter } from './activation.js';
import { adviseBatchSize, type LossDescription } from './description.js';
import { defineLoss, LossDataError } from './loss.js';
import { firstColumn, paddedPairs, weightOf } from './rows.js';

const description: LossDescription = {
  name: 'MarginMSELoss',
  alias: 'margin-mse',
  summary:
    "Squared difference between the model's margin of two documents and the teacher's margin.",
  dataShape: 'scored-tuples',
  inputs: '(query, positive, negative_1, …, negative_n) tuples',
  labels: "the teacher's n + 1 scores, or n margins score(positive) - score(negative)",
  numLabels: { exactly: 1 },
  parameters: [activationParameter('Identity')],
  purpose:
    'For data with the scores of a stronger model. Only differences count, so both documents may be relevant.',
  activation: 'Identity, if teacher scores are logits. Use Sigmoid if they are from 0 to 1.',
  ...adviseBatchSize('Each row has n + 1 pairs.', {
    from: 8,
    to: 32,
    recommended: 8,
  }),
  relations: [
    'BinaryCrossEntropyLoss with soft labels learns each score separately, so scores stay probabilities.',
  ],
  otherNames: {
    'margin distillation': 'The loss for margin distillation is MarginMSELoss (margin-mse)',
  },
  references: [
    'sentence_transformers.cross_encoder.losses.MarginMSELoss',
    'Hofstätter et al. 2020, arXiv:2010.02666',
  ],
};

/** mean over all negatives of ((s_positive - s_negative) - margin)²; signed, as in the paper. */
export const marginMSELoss = defineLoss(description, (parameters) => ({
  arrange(examples) {
    const documents = examples.map((example) => example.documents);
    const { pairs, columns } = paddedPairs(examples, documents);
    const margins = new Float32Array(examples.length * columns);
    const counted = new Float32Array(examples.length * columns);
    examples.forEach((example, row) => {
      const weight = weightOf(example);
      marginsOf(example).forEach((margin, negative) => {
        margins[row * columns + negative + 1] = margin;
        counted[row * columns + negative + 1] = weight;
      });
    });
    const shape = [examples.length, columns];
    const negatives = documents.flat().length - examples.length;
    return {
      pairs,
      feeds: new Map([
        ['margins', { data: margins, shape }],
        ['counted', { data: counted, shape }],
        ['negatives', { data: Float32Array.of(negatives), shape: [] }],
        firstColumn(columns),
      ]),
    };
  },
  forward(logits) {
    const margins = input('margins', 'float32', ['rows', 'columns']);
    const counted = input('counted', 'float32', ['rows', 'columns']);
    const negatives = input('negatives', 'float32', []);
    const isPositive = input('first_column', 'float32', [1, 'columns']);
    const scores = reshapeTo(activate(logits, parameters.activationFn), margins);
    const positive = reduceSum(multiply(scores, isPositive), [1], true);
    const error = subtract(subtract(positive, scores), margins);
    const squared = multiply(multiply(error, error), counted);
    return divide(reduceSum(squared, [0, 1]), negatives);
  },
}));

function marginsOf({ documents, labels = [] }: TrainingExample): number[] {
  const negatives = documents.length - 1;
  if (negatives < 1 || (labels.length !== negatives && labels.length !== documents.length)) {
    throw new LossDataError(
      `MarginMSELoss takes ${description.inputs} with ${description.labels}; a row has ` +
        `${documents.length} documents and ${labels.length} labels`,
    );
  }
  if (!labels.every(Number.isFinite)) {
    throw new LossDataError(`MarginMSELoss: labels must be numbers; a row has ${labels}`);
  }
  if (labels.length === negatives) return [...labels];
  const [positive = 0, ...others] = labels;
  return others.map((score) => positive - score);
}
