/** `CrossEntropyLoss`: classifies each pair into one of several classes. */
import {
  input,
  logSoftmax,
  multiply,
  negate,
  reduceSum,
} from '@learning-reranker/onnx-autodiff/graph';
import { activate, activationParameter } from './activation.js';
import { anyBatchSize, type LossDescription } from './description.js';
import { defineLoss, LossDataError } from './loss.js';
import { labelledPairs, weightedMean, weightsOf } from './rows.js';

const description: LossDescription = {
  name: 'CrossEntropyLoss',
  alias: 'softmax',
  summary:
    'Cross entropy between the softmax of the logits, one per class, and the class of the pair.',
  dataShape: 'class-labelled-pairs',
  inputs: '(query, document) pairs',
  labels: 'the class as a whole number from 0; for a reranker, 1 is relevant and 0 is not',
  numLabels: { atLeast: 2 },
  parameters: [activationParameter('Identity')],
  purpose:
    'For data with positives and negatives, or with more classes. With two classes, the probability of class 1 ranks the documents.',
  activation: 'Identity. With two classes, predict returns the probability of class 1.',
  ...anyBatchSize,
  relations: [
    'With two classes, it equals BinaryCrossEntropyLoss on the difference of the two logits.',
    "SBERT's SoftmaxLoss is a bi-encoder loss. Here, `softmax` always means CrossEntropyLoss.",
  ],
  otherNames: {
    SoftmaxLoss:
      "SBERT's SoftmaxLoss is a bi-encoder loss. For a cross-encoder, use CrossEntropyLoss (softmax)",
  },
  references: [
    'sentence_transformers.cross_encoder.losses.CrossEntropyLoss',
    'torch.nn.CrossEntropyLoss',
  ],
};

/** mean over pairs of -ln softmax(x)[class]. */
export const crossEntropyLoss = defineLoss(description, (parameters, numLabels) => ({
  arrange(examples) {
    const { pairs, labels } = labelledPairs(
      description,
      examples,
      (label) => Number.isInteger(label) && label >= 0,
    );
    const targets = new Float32Array(pairs.length * numLabels);
    labels.forEach((label, row) => {
      if (label >= numLabels) {
        throw new LossDataError(
          `CrossEntropyLoss: a row has class ${label}, but the model's head has ${numLabels} classes (0 to ${numLabels - 1})`,
        );
      }
      targets[row * numLabels + label] = 1;
    });
    return {
      pairs,
      feeds: new Map([
        ['targets', { data: targets, shape: [pairs.length, numLabels] }],
        weightsOf(examples),
      ]),
    };
  },
  forward(logits) {
    const targets = input('targets', 'float32', ['sequences', numLabels]);
    const logProbabilities = logSoftmax(activate(logits, parameters.activationFn));
    const loss = negate(reduceSum(multiply(logProbabilities, targets), [1]));
    return weightedMean(loss, 'sequences');
  },
}));
