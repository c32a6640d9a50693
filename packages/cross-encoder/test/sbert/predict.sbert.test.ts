import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CrossEncoder } from '../../src/cross-encoder.js';
import { largestDifference } from './difference.js';
import { runPython, Workbench } from './python.js';
import { textPairs } from './real-text.js';

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});
afterAll(() => bench.close());

describe.each([1, 2, 3])('a model with %i logits', (numLabels) => {
  let model: CrossEncoder;
  let pairs: (readonly [string, string])[];
  let logits: Float32Array;
  let expected: { logits: (number | number[])[]; scores: (number | number[])[] };

  beforeAll(async () => {
    // The full thousand, of fewer tokens, where it counts most; other heads share all but the last product.
    const [count, maxLength] = numLabels === 1 ? [1000, 128] : [100, 256];
    const folder = await bench.makeModel(`model-${numLabels}`, numLabels, maxLength);
    const texts = await textPairs(count);
    const output = bench.path(`predicted-${numLabels}.json`);
    const rows = await bench.writeJsonl(`pairs-${numLabels}.jsonl`, texts);
    await runPython('predict.py', [folder, rows, output]);
    expected = JSON.parse(await readFile(output, 'utf8'));
    model = await CrossEncoder.load(folder);
    pairs = texts.map(({ query, document }) => [query, document] as const);
    logits = await model.logits(pairs);
  });
  afterAll(() => model?.release());

  test("raw logits are SBERT's within 1e-4, pair by pair", () => {
    expect(logits.length).toBe(pairs.length * numLabels);
    const largest = largestDifference(logits, expected.logits.flat());
    expect(largest).toBeLessThan(1e-4);
    const difference = largest.toExponential(1);
    console.info(`${pairs.length} pairs, ${numLabels} logit(s): largest difference ${difference}`);
  });

  if (numLabels === 1) {
    test("the order of the pairs is SBERT's", () => {
      expectSameOrder(logits, expected.logits as number[]);
    });
  }

  if (numLabels === 1) {
    test("scores, by the activation in the folder, are SBERT's", async () => {
      const scores = await model.predict(pairs.slice(0, 100));
      const wanted = expected.scores.slice(0, 100) as number[];
      expect(largestDifference(scores, wanted)).toBeLessThan(1e-4);
    });
  }

  if (numLabels === 2) {
    test('scores are the probability of class 1 of its logits', async () => {
      const scores = await model.predict(pairs);
      const wanted = (expected.logits as number[][]).map(
        ([zero = 0, one = 0]) => 1 / (1 + Math.exp(zero - one)),
      );
      expect(largestDifference(scores, wanted)).toBeLessThan(1e-4);
    });
  }
});

/** Neighbours in SBERT's order may change places only when rounding makes them equal. */
function expectSameOrder(found: ArrayLike<number>, wanted: readonly number[]): void {
  const order = wanted.map((_, index) => index).sort((a, b) => wanted[b]! - wanted[a]!);
  for (let place = 1; place < order.length; place++) {
    const [better, worse] = [order[place - 1]!, order[place]!];
    if (wanted[better]! - wanted[worse]! < 1e-5) continue;
    expect(found[better]).toBeGreaterThan(found[worse] as number);
  }
}
