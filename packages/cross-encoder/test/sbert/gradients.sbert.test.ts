import { afterAll, beforeAll, expect, test } from 'vitest';
import { CrossEncoder } from '../../src/cross-encoder.js';
import { readSafetensors } from '../../src/formats/safetensors.js';
import { createLoss } from '../../src/losses/index.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import { PairEncoder } from '../../src/tokenization/pair-encoder.js';
import type { TrainingExample } from '../../src/training/example.js';
import { GradientStep } from '../../src/training/gradient-step.js';
import { largestDifference } from './difference.js';
import { runPython, Workbench } from './python.js';
import { textPairs } from './real-text.js';

let bench: Workbench;
const models = new Map<number, string>();

beforeAll(async () => {
  bench = await Workbench.open();
  for (const numLabels of [1, 2]) {
    models.set(numLabels, await bench.makeModel(`model-${numLabels}`, numLabels, 128));
  }
});
afterAll(() => bench.close());

/** `rows` rows of `width` documents each; `labels` as the loss wants them. */
async function examples(
  rows: number,
  width: number,
  labels?: (row: number) => number[],
): Promise<TrainingExample[]> {
  // The odd texts come first: real ones make up most of a batch.
  const texts = (await textPairs(500)).slice(8);
  return Array.from({ length: rows }, (_, row) => ({
    query: texts[row * width]!.query,
    documents: Array.from({ length: width }, (_, column) => texts[row * width + column]!.document),
    ...(labels && { labels: labels(row) }),
  }));
}

const cases = [
  {
    loss: 'BinaryCrossEntropyLoss',
    numLabels: 1,
    ours: { posWeight: 2 },
    theirs: { pos_weight: 2 },
    rows: () => examples(16, 1, (row) => [row % 3 === 0 ? 1 : 0]),
  },
  {
    loss: 'CrossEntropyLoss',
    numLabels: 2,
    ours: {},
    theirs: {},
    rows: () => examples(16, 1, (row) => [row % 2]),
  },
  {
    // All negatives: which ones are drawn otherwise is a matter of each side's random numbers.
    loss: 'MultipleNegativesRankingLoss',
    numLabels: 1,
    ours: { numNegatives: null },
    theirs: { num_negatives: null },
    rows: () => examples(4, 2),
  },
  {
    loss: 'MarginMSELoss',
    numLabels: 1,
    ours: {},
    theirs: {},
    rows: () => examples(6, 3, (row) => [row, 1, -row / 2]),
  },
];

test.each(cases)(
  '$loss: the gradient of every parameter is that of PyTorch within 1e-4',
  async ({ loss: name, numLabels, ours, theirs, rows }) => {
    const folder = models.get(numLabels)!;
    const batch = await rows();
    const path = await bench.writeJsonl(`${name}.jsonl`, batch);
    const output = bench.path(`${name}.safetensors`);
    const parameters = JSON.stringify(theirs);
    await runPython('gradients.py', [folder, path, name, output, '--parameters', parameters]);
    const { weights: expected } = await readSafetensors(output);

    const model = await CrossEncoder.load(folder);
    const loss = createLoss(name, ours, numLabels);
    const step = await GradientStep.create({
      model,
      loss,
      encoder: new PairEncoder(model.tokenizer, model.maxLength),
      masks: (elements) => new Float32Array(elements).fill(1),
      optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      threads: 2,
    });
    const arranged = loss.arrange(batch, new SeededRandom(1));
    const { loss: value } = await step.accumulate(arranged);

    const wanted = expected.get('loss')!.data[0]!;
    expect(Math.abs(value - wanted)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
    expect(step.optimizer.parameters.length).toBe(expected.size - 1);
    let norm = 0;
    for (const { data } of expected.values()) for (const x of data) norm += x * x;
    norm = Math.sqrt(norm);
    expect(norm).toBeGreaterThan(0.01); // all-zero gradients would agree with anything
    let largest = 0;
    for (const { name: parameter, gradient } of step.optimizer.parameters) {
      const reference = expected.get(parameter)?.data;
      expect(reference?.length, parameter).toBe(gradient.length);
      const difference = largestDifference(gradient, reference!) / Math.max(1, norm);
      largest = Math.max(largest, difference);
      // Relative to the norm of all gradients where that is above 1, as clipping would scale them.
      expect(difference, parameter).toBeLessThan(1e-4);
    }
    console.info(`${name}: largest difference of a gradient ${largest.toExponential(1)}`);
    await step.release();
  },
);
