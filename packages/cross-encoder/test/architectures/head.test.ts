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

test('a head of as many logits is kept', () => {
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
