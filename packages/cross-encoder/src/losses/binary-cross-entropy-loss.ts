/** `BinaryCrossEntropyLoss`: classifies each pair as relevant or not. */
import {
  add,
  input,
  multiply,
  negate,
  reshape,
  softplus,
  subtract,
} from '@learning-reranker/onnx-autodiff/graph';
import { activate, activationParameter } from './activation.js';
import { anyBatchSize, type LossDescription } from './description.js';
import { defineLoss } from './loss.js';
import { labelledPairs, weightedMean, weightsOf } from './rows.js';

const description: LossDescription = {
  name: 'BinaryCrossEntropyLoss',
  alias: 'bce',
  summary: 'Binary cross entropy between the sigmoid of the single logit and a label from 0 to 1.',
  dataShape: 'labelled-pairs',
  inputs: '(query, document) pairs',
  labels: '1 if relevant, 0 if not; values in between are soft labels',
  numLabels: { exactly: 1 },
  parameters: [
    activationParameter('Identity'),
    {
      name: 'posWeight',
      type: 'number',
      default: null,
      minimum: 0,
      description:
        'Weight of relevant pairs; None is 1. Recommended: the number of hard negatives per positive.',
    },
  ],
  purpose:
    'For data with positives and negatives. The usual choice for a reranker; also learns from soft labels.',
  activation: 'Identity; predict applies Sigmoid, so scores are probabilities.',
  ...anyBatchSize,
  relations: [
    'CrossEntropyLoss does the same with one logit per class, for two or more classes.',
    'MultipleNegativesRankingLoss suits data without negatives.',
  ],
  otherNames: {
    BinaryClassificationLoss:
      'SBERT has no BinaryClassificationLoss. Use BinaryCrossEntropyLoss (bce)',
  },
  references: [
    'sentence_transformers.cross_encoder.losses.BinaryCrossEntropyLoss',
    'torch.nn.BCEWithLogitsLoss',
  ],
};

/**
 * mean over pairs of -(posWeight * y * ln sg(x) + (1 - y) * ln(1 - sg(x))), written with
 * softplus(-x) = -ln sg(x) and softplus(x) = -ln(1 - sg(x)), which do not overflow.
 */
export const binaryCrossEntropyLoss = defineLoss(description, (parameters) => ({
  arrange(examples) {
    const { pairs, labels } = labelledPairs(
      description,
      examples,
      (label) => label >= 0 && label <= 1,
    );
    return {
      pairs,
      feeds: new Map([
        ['labels', { data: Float32Array.from(labels), shape: [pairs.length] }],
        weightsOf(examples),
      ]),
    };
  },
  forward(logits) {
    const labels = input('labels', 'float32', ['sequences']);
    const x = reshape(activate(logits, parameters.activationFn), ['sequences']);
    const positive = multiply(labels, softplus(negate(x)));
    const negative = multiply(subtract(1, labels), softplus(x));
    const loss = add(multiply(positive, Number(parameters.posWeight ?? 1)), negative);
    return weightedMean(loss, 'sequences');
  },
}));
