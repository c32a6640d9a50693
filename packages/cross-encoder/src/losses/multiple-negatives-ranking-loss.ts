/** `MultipleNegativesRankingLoss`: ranks the positive above other rows' documents (InfoNCE; van den Oord et al. 2018, arXiv:1807.03748). */
import {
  add,
  input,
  logSoftmax,
  multiply,
  negate,
  reduceSum,
  reshapeTo,
} from '@learning-reranker/onnx-autodiff/graph';
import type { SeededRandom } from '../random/seeded-random.js';
import type { TrainingExample } from '../training/example.js';
import { activate, activationParameter } from './activation.js';
import { adviseBatchSize, type LossDescription } from './description.js';
import { defineLoss, LossDataError } from './loss.js';
import { firstColumn, paddedPairs, weightedMean, weightsOf } from './rows.js';

const description: LossDescription = {
  name: 'MultipleNegativesRankingLoss',
  alias: 'mnr',
  summary:
    "Cross entropy of the positive in a softmax with other rows' documents and the row's own hard negatives.",
  dataShape: 'tuples',
  inputs: '(query, positive) or (query, positive, negative_1, …, negative_n) tuples',
  labels: 'none',
  numLabels: { exactly: 1 },
  parameters: [
    {
      name: 'numNegatives',
      type: 'integer',
      default: 4,
      nullable: true,
      minimum: 1,
      description: 'Negatives per row, drawn from the documents of other rows; null uses all.',
    },
    {
      name: 'scale',
      type: 'number',
      default: 10,
      minimum: 0,
      description: 'Factor applied to the activated scores before the softmax.',
    },
    activationParameter('Sigmoid'),
  ],
  purpose: 'For data with positives only, such as clicks.',
  activation: 'Sigmoid, multiplied by scale.',
  ...adviseBatchSize(
    'Larger batches offer more negatives. Each row has 1 + numNegatives pairs plus one per own hard negative.',
    { from: 16, to: 64, recommended: 32 },
  ),
  relations: [
    'BinaryCrossEntropyLoss suits data with known negatives.',
    "A positive of the same query is never drawn as a negative; SBERT's class does not check this.",
  ],
  otherNames: {
    InfoNCE: 'InfoNCE with in-batch negatives is MultipleNegativesRankingLoss (mnr)',
  },
  references: [
    'sentence_transformers.cross_encoder.losses.MultipleNegativesRankingLoss',
    'van den Oord et al. 2018, arXiv:1807.03748',
  ],
};

/** mean over rows of -ln softmax(scale * sg(x))[positive], over [positive, drawn negatives, own hard negatives]. */
export const multipleNegativesRankingLoss = defineLoss(description, (parameters) => {
  const numNegatives = parameters.numNegatives === null ? null : Number(parameters.numNegatives);
  return {
    checkBatches,
    arrange(examples, random) {
      const rows = candidateRows(examples, numNegatives, random);
      const { pairs, columns } = paddedPairs(examples, rows);
      const mask = Float32Array.from(pairs, (pair) => (pair ? 0 : ABSENT));
      return {
        pairs,
        feeds: new Map([
          ['absent', { data: mask, shape: [rows.length, columns] }],
          weightsOf(examples),
          firstColumn(columns),
        ]),
      };
    },
    forward(logits) {
      const absent = input('absent', 'float32', ['rows', 'columns']);
      const isPositive = input('first_column', 'float32', [1, 'columns']);
      const scores = multiply(activate(logits, parameters.activationFn), Number(parameters.scale));
      const logProbabilities = logSoftmax(add(reshapeTo(scores, absent), absent));
      const loss = negate(reduceSum(multiply(logProbabilities, isPositive), [1]));
      return weightedMean(loss, 'rows');
    },
  };
});

/** Added to the score of an empty place, so that its share of the softmax is exactly 0. */
const ABSENT = -1e9;

/**
 * The documents of each row in order: positive, negatives drawn from other rows, own hard negatives.
 * It never draws a positive of the same query or a document of the same row.
 */
function candidateRows(
  examples: readonly TrainingExample[],
  numNegatives: number | null,
  random: SeededRandom,
): string[][] {
  const positives = new Map<string, Set<string>>();
  for (const { query, documents } of examples) {
    const [positive] = documents;
    if (positive === undefined) {
      throw new LossDataError(
        `${description.name} takes ${description.inputs}; a row has no document`,
      );
    }
    const known = positives.get(query) ?? new Set();
    positives.set(query, known.add(positive));
  }
  // Column by column, as SBERT flattens them: all positives, then all first negatives, …
  const width = Math.max(...examples.map((example) => example.documents.length));
  const pool: string[] = [];
  for (let column = 0; column < width; column++) {
    for (const { documents } of examples) {
      const document = documents[column];
      if (document !== undefined) pool.push(document);
    }
  }
  return examples.map(({ query, documents }) => {
    const excluded = new Set([...documents, ...(positives.get(query) ?? [])]);
    const available = pool.filter((document) => !excluded.has(document));
    const drawn =
      numNegatives === null || numNegatives >= available.length
        ? available
        : random.shuffle([...available]).slice(0, numNegatives);
    return [documents[0] as string, ...drawn, ...documents.slice(1)];
  });
}

/** A row without negatives has loss 0, as in SBERT. Refuses data in which no row can have one. */
function checkBatches(examples: readonly TrainingExample[], batchSize: number): void {
  if (examples.some(({ documents }) => documents.length > 1)) return;
  const queries = new Set(examples.map(({ query }) => query)).size;
  const positives = new Set(examples.map(({ documents }) => documents[0])).size;
  if (queries > 1 && positives > 1 && batchSize > 1) return;
  throw new LossDataError(
    `${description.name} needs at least 2 different positives of different queries in a batch, or hard negatives; ` +
      `the data has ${positives} positives of ${queries} queries, in batches of ${batchSize}. Add data, raise the batch size or choose BinaryCrossEntropyLoss.`,
  );
}
