import { expect, test } from 'vitest';
import { bootstrapInterval, pairedBootstrapDifference } from '../../src/evaluation/intervals.js';
import { SeededRandom } from '../../src/random/seeded-random.js';

const random = new SeededRandom(1);
const normals = Array.from({ length: 400 }, () => 3 + 2 * random.nextNormal());

test('for many values the interval equals that of the normal distribution', () => {
  const { mean, lower, upper, n, confidence } = bootstrapInterval(normals);
  const deviation = Math.sqrt(normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
  const half = (1.96 * deviation) / Math.sqrt(n);
  expect(n).toBe(400);
  expect(confidence).toBe(0.95);
  expect(Math.abs(lower - (mean - half))).toBeLessThan(0.05 * half);
  expect(Math.abs(upper - (mean + half))).toBeLessThan(0.05 * half);
});

test('intervals contain the true mean about as often as their confidence', () => {
  let held = 0;
  for (let trial = 0; trial < 300; trial++) {
    const sample = Array.from({ length: 60 }, () => random.nextNormal());
    const { lower, upper } = bootstrapInterval(sample, {
      resamples: 400,
      confidence: 0.9,
      seed: trial,
    });
    if (lower <= 0 && upper >= 0) held++;
  }
  expect(held / 300).toBeGreaterThan(0.83);
  expect(held / 300).toBeLessThan(0.96);
});

test('the same seed gives the same interval, another seed nearly the same', () => {
  expect(bootstrapInterval(normals, { seed: 7 })).toEqual(bootstrapInterval(normals, { seed: 7 }));
  const one = bootstrapInterval(normals, { seed: 7 });
  const other = bootstrapInterval(normals, { seed: 8 });
  expect(other.lower).not.toBe(one.lower);
  expect(other.lower).toBeCloseTo(one.lower, 1);
});

test('a difference that all queries share has an interval without width', () => {
  const better = normals.map((value) => value + 0.01);
  const { mean, lower, upper } = pairedBootstrapDifference(better, normals);
  for (const value of [mean, lower, upper]) expect(value).toBeCloseTo(0.01, 9);
});

test('a model is not better than itself', () => {
  const same = pairedBootstrapDifference(normals, normals);
  expect(same).toMatchObject({ mean: 0, lower: 0, upper: 0 });
});

test('intervals are wider for more confidence and narrower for more queries', () => {
  const width = ({ lower, upper }: { lower: number; upper: number }) => upper - lower;
  const usual = width(bootstrapInterval(normals));
  expect(width(bootstrapInterval(normals, { confidence: 0.99 }))).toBeGreaterThan(usual);
  expect(width(bootstrapInterval(normals.slice(0, 50)))).toBeGreaterThan(usual);
});

test('NaN, no values, lengths that differ and options out of range are refused', () => {
  expect(() => bootstrapInterval([1, Number.NaN])).toThrow(/NaN/);
  expect(() => bootstrapInterval([])).toThrow(/at least one value/);
  expect(() => pairedBootstrapDifference([1, 2], [1])).toThrow(/got 2 and 1/);
  expect(() => bootstrapInterval([1], { confidence: 1 })).toThrow(/between 0 and 1/);
  expect(() => bootstrapInterval([1], { resamples: 0 })).toThrow(/resamples/);
});
