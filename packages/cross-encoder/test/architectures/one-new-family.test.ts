/**
 * A family that differs from BERT where XLM-RoBERTa does (positions that begin after the padding id, no
 * token types, no pooler, other head names) and in that its feed-forward layers have no biases.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { add, gelu, layerNormalization, selectRows, tanh } from '@learning-reranker/onnx-autodiff';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Architecture, positiveInteger } from '../../src/architectures/architecture.js';
import { attention } from '../../src/architectures/attention.js';
import { registerArchitecture } from '../../src/architectures/index.js';
import { CrossEncoder } from '../../src/cross-encoder.js';
import { createLoss } from '../../src/losses/index.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import { CrossEncoderTrainer } from '../../src/training/trainer.js';
import { colourPairs, tinyTokenizer } from '../tiny-model.js';

const HEADS = 2;
const PADDING = 0;
const FIRST_POSITION = PADDING + 1;

const family: Architecture = {
  modelType: 'example-roberta',
  labelWeights: ['classifier.out_proj.weight', 'classifier.out_proj.bias'],
  isHead: (parameter) => parameter.startsWith('classifier.'),
  dimensions: (config) => ({
    attentionHeads: HEADS,
    numLabels: Object.keys(config.id2label as object).length,
    maxPositions: positiveInteger(config, 'max_position_embeddings') - FIRST_POSITION,
    padTokenId: PADDING,
  }),
  parameterShapes(config) {
    const { numLabels } = family.dimensions(config);
    const hidden = positiveInteger(config, 'hidden_size');
    const layers = ['query', 'key', 'value'].flatMap((name): [string, number[]][] => [
      [`roberta.layer.${name}.weight`, [hidden, hidden]],
      [`roberta.layer.${name}.bias`, [hidden]],
    ]);
    return new Map<string, readonly number[]>([
      ['roberta.words.weight', [positiveInteger(config, 'vocab_size'), hidden]],
      ['roberta.positions.weight', [positiveInteger(config, 'max_position_embeddings'), hidden]],
      ...layers,
      ['roberta.layer.up.weight', [2 * hidden, hidden]],
      ['roberta.layer.down.weight', [hidden, 2 * hidden]],
      ['roberta.norm.weight', [hidden]],
      ['roberta.norm.bias', [hidden]],
      ['classifier.dense.weight', [hidden, hidden]],
      ['classifier.dense.bias', [hidden]],
      ['classifier.out_proj.weight', [numLabels, hidden]],
      ['classifier.out_proj.bias', [numLabels]],
    ]);
  },
  forward(_, { parameter, linear, exactLinear, lookUp, inputs }) {
    const x = add(
      lookUp('roberta.words.weight', inputs.inputIds),
      lookUp('roberta.positions.weight', add(inputs.positionIds, FIRST_POSITION)),
    );
    const attended = attention(
      linear(x, 'roberta.layer.query'),
      linear(x, 'roberta.layer.key'),
      linear(x, 'roberta.layer.value'),
      inputs.attention,
      { heads: HEADS, dropout: 0 },
    );
    const forward = linear(gelu(linear(attended, 'roberta.layer.up')), 'roberta.layer.down');
    const [scale, bias] = [parameter('roberta.norm.weight'), parameter('roberta.norm.bias')];
    const normed = layerNormalization(add(forward, x), scale, bias, 1e-5);
    const first = selectRows(normed, inputs.firstTokens.index, inputs.firstTokens.places);
    const asked = selectRows(first, inputs.sequences.index, inputs.sequences.places);
    return exactLinear(tanh(exactLinear(asked, 'classifier.dense')), 'classifier.out_proj');
  },
};
registerArchitecture(family);

const tokenizer = tinyTokenizer();
const config = {
  model_type: 'example-roberta',
  architectures: ['ExampleRobertaForSequenceClassification'],
  hidden_size: 8,
  vocab_size: tokenizer.vocabulary.size,
  max_position_embeddings: 25,
  id2label: { 0: 'LABEL_0' },
};

function newModel(dtype: 'fp32' | 'int8' = 'fp32'): CrossEncoder {
  const random = new SeededRandom(5);
  const weights = new Map(
    [...family.parameterShapes(config)].map(([name, shape]) => {
      const length = shape.reduce((count, size) => count * size, 1);
      const data = Float32Array.from({ length }, () => random.nextNormal() * 0.5);
      return [name, { shape, data }];
    }),
  );
  const parts = { config, weights, tokenizer, maxLength: 24, activation: 'Sigmoid' } as const;
  return new CrossEncoder(parts, { threads: 1, dtype });
}

const pairs = [
  ['sky', 'blue'],
  ['rose leaf', 'red green sea'],
  ['ink', ''],
] as const;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'family-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a saved model of the family loads by its model_type, with all its positions', async () => {
  const model = newModel();
  await model.save(join(folder, 'model'));
  const opened = await CrossEncoder.load(join(folder, 'model'), { threads: 1 });
  expect(opened.architecture).toBe(family);
  expect(opened.maxLength).toBe(24);
  expect(await opened.logits(pairs)).toEqual(await model.logits(pairs));
  const longest = [['sky '.repeat(40), 'blue '.repeat(40)]] as const;
  expect(Number.isFinite((await opened.logits(longest))[0])).toBe(true);
});

test('the ONNX file gives the same logits, and has only the inputs that the family reads', async () => {
  const model = newModel();
  await model.save(join(folder, 'exported'), { onnx: true });
  const file = await readFile(join(folder, 'exported/onnx/model.onnx'));
  const session = await ort.InferenceSession.create(file);
  expect([...session.inputNames].sort()).toEqual(['attention_mask', 'input_ids']);
  const [expected] = await model.logits(pairs.slice(0, 1));
  const ids = BigInt64Array.from(model.encode(pairs.slice(0, 1))[0]!.inputIds, BigInt);
  const shape = [1, ids.length];
  const { logits } = await session.run({
    input_ids: new ort.Tensor('int64', ids, shape),
    attention_mask: new ort.Tensor(
      'int64',
      ids.map(() => 1n),
      shape,
    ),
  });
  expect(logits!.data[0]).toBeCloseTo(expected!, 5);
});

test('8-bit integers change its logits little', async () => {
  const [exact, rounded] = [await newModel().logits(pairs), await newModel('int8').logits(pairs)];
  const spread = Math.max(...exact) - Math.min(...exact);
  for (const [at, logit] of exact.entries()) {
    expect(Math.abs(rounded[at]! - logit)).toBeLessThan(spread / 5);
  }
});

test('one training step changes every layer and the words and positions that were read', async () => {
  const model = newModel();
  const before = newModel().weights;
  await new CrossEncoderTrainer({
    model,
    loss: createLoss('bce'),
    trainDataset: colourPairs().slice(0, 4),
    arguments: { maxSteps: 1, threads: 1, learningRate: 1e-2, weightDecay: 0, saveStrategy: 'no' },
  }).train();
  const moved = (name: string, row: number) => {
    const { data, shape } = model.weights.get(name)!;
    const width = data.length / shape[0]!;
    const old = before.get(name)!.data;
    return data.subarray(row * width, (row + 1) * width).some((x, i) => x !== old[row * width + i]);
  };
  for (const name of model.weights.keys()) {
    const isTable = name.includes('words') || name.includes('positions');
    if (!isTable && !name.endsWith('key.bias')) expect(moved(name, 0), name).toBe(true);
  }
  // Five tokens: [CLS] sky [SEP] blue [SEP].
  expect([0, 1, 2, 3, 4, 5, 6].map((row) => moved('roberta.positions.weight', row))).toEqual([
    false,
    ...Array(5).fill(true),
    false,
  ]);
});

test('a head of two logits gives the same scores', async () => {
  const model = newModel();
  const { model: two, change } = model.withHead(2);
  expect(change).toBe('converted');
  const [one, both] = [await model.predict(pairs), await two.predict(pairs)];
  for (const [at, score] of one.entries()) expect(both[at]).toBeCloseTo(score, 6);
});
