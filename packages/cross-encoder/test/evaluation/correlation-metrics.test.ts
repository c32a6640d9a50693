import fc from 'fast-check';
import { expect, test } from 'vitest';
import { averagedRanks, pearson, spearman } from '../../src/evaluation/metrics/correlation.js';

test('hand arithmetic: equal values share their mean rank', () => {
  expect([...averagedRanks([10, 20, 10, 30])]).toEqual([1.5, 3, 1.5, 4]);
  expect(pearson([1, 2, 3], [1, 3, 2])).toBeCloseTo(0.5, 12);
  expect(spearman([1, 2, 3, 4], [1, 2, 2, 3])).toBeCloseTo(9 / Math.sqrt(90), 12);
});

const samples = fc
  .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 2,
  })
  .map((rows) => ({ scores: rows.map(([score]) => score), labels: rows.map(([, label]) => label) }))
  .filter(({ labels }) => labels.some((label) => label !== labels[0]));

test('Spearman depends only on the order, Pearson not on scale and offset; both change sign', () => {
  fc.assert(
    fc.property(samples, ({ scores, labels }) => {
      const cubed = scores.map((score) => score ** 3);
      expect(spearman(cubed, labels)).toBeCloseTo(spearman(scores, labels), 12);
      const moved = scores.map((score) => 3 * score - 7);
      expect(pearson(moved, labels)).toBeCloseTo(pearson(scores, labels), 9);
      const turned = scores.map((score) => -score);
      expect(pearson(turned, labels)).toBeCloseTo(-pearson(scores, labels), 9);
      expect(spearman(turned, labels)).toBeCloseTo(-spearman(scores, labels), 12);
    }),
  );
});

test('labels correlate perfectly with themselves', () => {
  fc.assert(
    fc.property(samples, ({ labels }) => {
      expect(pearson(labels, labels)).toBeCloseTo(1, 12);
      expect(spearman(labels, labels)).toBeCloseTo(1, 12);
    }),
  );
});

test('a constant scorer gets 0, as a random order does', () => {
  expect(pearson([0.1, 0.1, 0.1], [1, 2, 3])).toBe(0);
  expect(spearman([5, 5, 5], [1, 2, 3])).toBe(0);
});

test('NaN, infinity, constant labels and single pairs are refused', () => {
  expect(() => pearson([1, Number.NaN], [1, 2])).toThrow(/NaN/);
  expect(() => spearman([1, Infinity], [1, 2])).toThrow(/finite scores/);
  expect(() => spearman([1, 2], [3, 3])).toThrow(/labels that differ, got 3 for all 2 pairs/);
  expect(() => pearson([1], [1])).toThrow(/at least two pairs/);
});
