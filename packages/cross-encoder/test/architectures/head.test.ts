import { expect, test } from 'vitest';
import { fitHead } from '../../src/architectures/head.js';
import { tinyModel } from '../tiny-model.js';

const pairs = [
  ['sky', 'blue'],
  ['rose', 'green'],
  ['ink', 'sea leaf'],
] as const;

test.each([
  [1, 2],
  [2, 1],
])('a head of %i logits becomes one of %i, and no score changes', async (from, to) => {
  const model = tinyModel({ numLabels: from });
  const { model: converted, change } = model.withHead(to);
  expect(change).toBe('converted');
  expect(converted.numLabels).toBe(to);
  const before = await model.predict(pairs);
  const after = await converted.predict(pairs);
  for (const [index, score] of before.entries()) expect(after[index]).toBeCloseTo(score, 6);
});

test('converting a head twice gives the same logits', async () => {
  const one = tinyModel({ numLabels: 1 });
  const back = one.withHead(2).model.withHead(1).model;
  const [before, after] = [await one.logits(pairs), await back.logits(pairs)];
  for (const [index, logit] of before.entries()) expect(after[index]).toBeCloseTo(logit, 6);
  // Two classes may have any sum of logits; their difference is what is kept.
  const two = tinyModel({ numLabels: 2 });
  const again = two.withHead(1).model.withHead(2).model;
  const [first, second] = [await two.predict(pairs), await again.predict(pairs)];
  for (const [index, score] of first.entries()) expect(second[index]).toBeCloseTo(score, 6);
});

test('raw logits and the converted head order documents alike', async () => {
  const one = tinyModel({ numLabels: 1 });
  const { model: two } = one.withHead(2);
  const raw = await one.predict(pairs, { activation: 'Identity' });
  const difference = await two.predict(pairs, { activation: 'Identity' });
  for (const [index, logit] of raw.entries()) expect(difference[index]).toBeCloseTo(logit, 6);
});

test('a conversion does not change the original model', () => {
  const model = tinyModel({ numLabels: 1 });
  const before = [...model.weights].map(([name, { shape, data }]) => [name, shape, [...data]]);
  const { model: two } = model.withHead(2);
  expect([...model.weights].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual(
    before,
  );
  expect(model.numLabels).toBe(1);
  expect(two.config).toMatchObject({ id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } });
  expect(two.config).not.toHaveProperty('num_labels');
});

test('a head that already has that many logits is kept', () => {
  const model = tinyModel();
  expect(model.withHead(1)).toEqual({ model, change: 'kept' });
});

test('a head that cannot be converted is drawn from the seed', () => {
  const { architecture, config, weights } = tinyModel();
  const drawn = (seed: number) => fitHead(architecture, config, weights, 3, seed);
  expect(drawn(1).change).toBe('initialised');
  expect(drawn(1).weights.get('classifier.weight')).toMatchObject({ shape: [3, 16] });
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(2).weights.get('classifier.weight')).not.toEqual(
    drawn(1).weights.get('classifier.weight'),
  );
  expect(drawn(1).weights.get('bert.pooler.dense.weight')).toBe(
    weights.get('bert.pooler.dense.weight'),
  );
});
