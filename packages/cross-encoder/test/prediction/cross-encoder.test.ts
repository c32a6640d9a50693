import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exactWeightType } from '@learning-reranker/onnx-autodiff';
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { packSequences } from '../../src/batching/pack.js';
import { CrossEncoder } from '../../src/cross-encoder.js';
import { calibrate } from '../../src/prediction/int8.js';
import { Predictor } from '../../src/prediction/predictor.js';
import { rerankScores } from '../../src/prediction/scores.js';
import { tinyModel } from '../tiny-model.js';

const word = fc.constantFrom(
  'red',
  'green',
  'blue',
  'sky',
  'grass',
  'blood',
  'sea',
  'leaf',
  'rose',
  'ink',
  'xyz',
);
const text = fc.array(word, { maxLength: 14 }).map((words) => words.join(' '));
const pairs = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 9 });

const float32 = tinyModel();
const int8 = new CrossEncoder(float32, { dtype: 'int8', threads: 1 });

test.each([
  ['fp32', float32],
  ['int8', int8],
] as const)(
  "%s: a pair's score depends neither on its batch mates nor on their order",
  async (_, model) => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.integer({ min: 1, max: 4 }), async (some, batchSize) => {
        const together = await model.predict(some, { batchSize });
        const reversed = (await model.predict([...some].reverse())).reverse();
        for (const [index, pair] of some.entries()) {
          const [alone] = await model.predict([pair]);
          expect(Math.abs(together[index]! - alone!)).toBeLessThan(1e-5);
          expect(Math.abs(reversed[index]! - alone!)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 25 },
    );
  },
);

const sample = fc.sample(fc.tuple(text, text), { numRuns: 60, seed: 3 });
const furthest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((logit, index) => Math.abs(logit - b[index]!)));

/** Logits of the sample with 8-bit weights of a given type, whatever this CPU is best at. */
async function logitsWith(weightType: 'int8' | 'uint8'): Promise<Float32Array> {
  const { architecture, config, weights, tokenizer, maxLength } = float32;
  const ranges = await calibrate(architecture, config, weights, tokenizer, maxLength);
  const options = { architecture, config, weights, ranges, weightType, storeWeights: true };
  const predictor = await Predictor.create({ ...options, threads: 1 });
  const logits = await predictor.logits(float32.encode(sample), { batchSize: 32 });
  await predictor.release();
  return logits;
}

test.each([
  ['the weight type for this CPU', () => int8.logits(sample)],
  ['unsigned weights, as on CPUs that saturate', () => logitsWith('uint8')],
])('8-bit integers change logits little: %s', async (_, rounded) => {
  const exact = await float32.logits(sample);
  const spread = Math.max(...exact) - Math.min(...exact);
  expect(furthest(exact, await rounded())).toBeLessThan(spread / 5);
});

test('signed and unsigned weights give the same logits if the check says that they are exact', async () => {
  const difference = furthest(await logitsWith('int8'), await logitsWith('uint8'));
  expect(difference < 1e-4).toBe((await exactWeightType()) === 'int8');
});

test('one logit gives its sigmoid, two classes the probability of class 1, and raw logits on request', () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  expect([...rerankScores(Float32Array.of(0, 2), 1, 'Sigmoid')]).toEqual([
    0.5,
    Math.fround(sigmoid(2)),
  ]);
  expect([...rerankScores(Float32Array.of(0, 2), 1, 'Identity')]).toEqual([0, 2]);
  expect([...rerankScores(Float32Array.of(1, 3), 2, 'Sigmoid')]).toEqual([Math.fround(sigmoid(2))]);
  expect([...rerankScores(Float32Array.of(1, 3), 2, 'Identity')]).toEqual([2]);
  expect(() => rerankScores(new Float32Array(3), 3, 'Sigmoid')).toThrow('3 classes');
});

test('rank sorts by score, keeps the order of equal scores and returns texts on request', async () => {
  const documents = ['red', 'blue', 'red', 'green sea'];
  const ranked = await float32.rank('sky', documents, { returnDocuments: true });
  expect(ranked.map(({ corpusId }) => corpusId).sort()).toEqual([0, 1, 2, 3]);
  expect(ranked.every(({ corpusId, text: echoed }) => echoed === documents[corpusId])).toBe(true);
  const scores = ranked.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  const reds = ranked
    .filter(({ text: echoed }) => echoed === 'red')
    .map(({ corpusId }) => corpusId);
  expect(reds).toEqual([0, 2]);
  expect(await float32.rank('sky', documents, { topK: 2 })).toHaveLength(2);
  expect(await float32.rank('sky', [])).toEqual([]);
});

test('an abort stops between batches', async () => {
  const many = Array.from({ length: 40 }, () => ['sky', 'blue'] as const);
  await expect(float32.predict(many, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
});

test('a saved model opens again with the same scores; its ONNX file gives them on padded batches', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saved-'));
  const some: [string, string][] = [
    ['sky', 'blue'],
    ['rose leaf', 'red green sea'],
    ['ink', ''],
  ];
  await float32.save(join(folder, 'model'), { onnx: true });
  const opened = await CrossEncoder.load(join(folder, 'model'));
  const expected = await float32.logits(some);
  expect(await opened.logits(some)).toEqual(expected);

  const file = await readFile(join(folder, 'model/onnx/model.onnx'));
  const session = await ort.InferenceSession.create(file);
  const encoded = some.map(([query, document]) => opened.tokenizer.encodePair(query, document, 32));
  const length = Math.max(...encoded.map(({ inputIds }) => inputIds.length));
  const padded = (of: (row: (typeof encoded)[number], at: number) => number | undefined) => {
    const data = encoded.flatMap((row) =>
      Array.from({ length }, (_, at) => BigInt(of(row, at) ?? 0)),
    );
    return new ort.Tensor('int64', BigInt64Array.from(data), [some.length, length]);
  };
  const { logits } = await session.run({
    input_ids: padded(({ inputIds }, at) => inputIds[at]),
    token_type_ids: padded(({ tokenTypeIds }, at) => tokenTypeIds[at]),
    attention_mask: padded(({ inputIds }, at) => (at < inputIds.length ? 1 : 0)),
  });
  for (const [index, logit] of expected.entries()) {
    expect(logits!.data[index]).toBeCloseTo(logit, 5);
  }
  await rm(folder, { recursive: true });
});

test('packing has every token once, and padding points to a filler', () => {
  const sequence = (length: number, first: number) => ({
    inputIds: Int32Array.from({ length }, (_, at) => first + at),
    tokenTypeIds: new Uint8Array(length),
  });
  const { feeds, tokens } = packSequences([sequence(3, 10), null, sequence(1, 20)], {
    heads: 1,
    attention: { groups: 2, single: false },
    padTokenId: 0,
  });
  expect(tokens).toBe(4);
  expect([...feeds.get('input_ids')!.data]).toEqual([10, 11, 12, 0, 20, 0]);
  expect([...feeds.get('position_ids')!.data]).toEqual([0, 1, 2, 0, 0, 0]);
  expect([...feeds.get('first_tokens')!.data]).toEqual([0, 3, 4, 5]);
  const shown = ['attention_rows_0', 'attention_rows_1'].flatMap((name) => [
    ...feeds.get(name)!.data,
  ]);
  const inverse = feeds.get('attention_places')!.data as Int32Array;
  expect([...inverse].map((place) => shown[place])).toEqual([0, 1, 2, 3, 4, 5]);
  const filler = 5;
  expect(shown.filter((row) => row === filler)).toHaveLength(1 + shown.length - 6);
});
