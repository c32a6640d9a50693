import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  averagePrecision,
  hitAt,
  mean,
  ndcgAt,
  reciprocalRankAt,
} from '../../src/evaluation/metrics/ranking.js';
import { fixture } from './fixture.js';

/** The metric of every order within the ties, averaged: what "ties are ranked at random" means. */
function meanOverOrders(
  metric: (scores: number[], grades: number[]) => number,
  scores: number[],
  grades: number[],
): number {
  const values: number[] = [];
  for (const order of permutations(scores.map((_, index) => index))) {
    const untied = scores.map((score, index) => score * 1000 - order.indexOf(index));
    values.push(metric(untied, grades));
  }
  return mean(values);
}

function* permutations(values: number[]): Generator<number[]> {
  if (values.length <= 1) yield values;
  for (const [index, value] of values.entries()) {
    const others = values.filter((_, other) => other !== index);
    for (const rest of permutations(others)) if (values.length > 1) yield [value, ...rest];
  }
}

const rankings = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((rows) => ({
    scores: rows.map(([score]) => score),
    grades: rows.map(([, grade]) => grade),
  }));

const metrics = {
  'hit@k': hitAt,
  'reciprocal rank@k': reciprocalRankAt,
  'average precision': (_: number, scores: ArrayLike<number>, grades: ArrayLike<number>) =>
    averagePrecision(scores, grades),
  'ndcg@k': ndcgAt,
  'ndcg@k, exponential gain': (k: number, scores: ArrayLike<number>, grades: ArrayLike<number>) =>
    ndcgAt(k, scores, grades, { gain: 'exponential' }),
};

describe.each(Object.entries(metrics))('%s', (_, metric) => {
  test('is the mean over all orders within the ties', () => {
    fc.assert(
      fc.property(rankings, fc.integer({ min: 1, max: 7 }), ({ scores, grades }, k) => {
        const expected = meanOverOrders((s, g) => metric(k, s, g), scores, grades);
        expect(metric(k, scores, grades)).toBeCloseTo(expected, 12);
      }),
      { numRuns: 60 },
    );
  });

  test('does not depend on the order in which the documents are given', () => {
    fc.assert(
      fc.property(rankings, fc.integer({ min: 1, max: 7 }), ({ scores, grades }, k) => {
        const reversed = metric(k, [...scores].reverse(), [...grades].reverse());
        expect(reversed).toBeCloseTo(metric(k, scores, grades), 12);
      }),
    );
  });

  test('a constant scorer scores like a random order', () => {
    const grades = [0, 2, 0, 1, 0];
    const random = meanOverOrders((s, g) => metric(2, s, g), [0, 0, 0, 0, 0], grades);
    expect(metric(2, [7, 7, 7, 7, 7], grades)).toBeCloseTo(random, 12);
    expect(metric(2, [7, 7, 7, 7, 7], grades)).toBeLessThan(1);
  });

  test('lies between 0 and 1, is 1 for the perfect order and 0 without a relevant document', () => {
    fc.assert(
      fc.property(rankings, fc.integer({ min: 1, max: 7 }), ({ scores, grades }, k) => {
        const value = metric(k, scores, grades);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        const perfect = metric(k, grades, grades);
        expect(perfect).toBeCloseTo(grades.some((grade) => grade > 0) ? 1 : 0, 12);
      }),
    );
  });

  test('refuses NaN, lengths that differ and bad grades', () => {
    expect(() => metric(3, [1, Number.NaN], [0, 1])).toThrow(/got NaN at index 1/);
    expect(() => metric(3, [1], [0, 1])).toThrow(/as many scores as grades, got 1 and 2/);
    expect(() => metric(3, [1, 2], [0, -1])).toThrow(/from 0, got -1 at index 1/);
    expect(() => metric(3, [1, 2], [0, Number.NaN])).toThrow(/got NaN/);
  });
});

test('hand arithmetic: relevant documents at ranks 2 and 4', () => {
  const scores = [9, 8, 7, 6, 5];
  const grades = [0, 1, 0, 2, 0];
  expect(reciprocalRankAt(10, scores, grades)).toBe(1 / 2);
  expect(reciprocalRankAt(1, scores, grades)).toBe(0);
  expect(hitAt(1, scores, grades)).toBe(0);
  expect(hitAt(2, scores, grades)).toBe(1);
  expect(averagePrecision(scores, grades)).toBe((1 / 2 + 2 / 4) / 2);
  const dcg = 1 / Math.log2(3) + 2 / Math.log2(5);
  expect(ndcgAt(10, scores, grades)).toBeCloseTo(dcg / (2 + 1 / Math.log2(3)), 12);
  const exponential = (1 / Math.log2(3) + 3 / Math.log2(5)) / (3 + 1 / Math.log2(3));
  expect(ndcgAt(10, scores, grades, { gain: 'exponential' })).toBeCloseTo(exponential, 12);
});

test("SBERT's own tied example: one relevant of three, all scores equal, has NDCG 0.7103", () => {
  expect(ndcgAt(10, [1, 1, 1], [1, 0, 0])).toBeCloseTo(0.7103, 4);
});

test('NDCG equals scikit-learn, tied and untied, graded, to 1e-9', async () => {
  const cases =
    await fixture<{ scores: number[]; grades: number[]; k: number; ndcg: number }[]>(
      'ranking-metrics',
    );
  expect(cases.length).toBeGreaterThan(50);
  for (const { scores, grades, k, ndcg } of cases) {
    expect(Math.abs(ndcgAt(k, scores, grades) - ndcg)).toBeLessThan(1e-9);
  }
});

test('average precision equals scikit-learn where there are no ties, to 1e-9', async () => {
  const cases =
    await fixture<{ scores: number[]; grades: number[]; averagePrecision?: number }[]>(
      'ranking-metrics',
    );
  const untied = cases.filter((row) => row.averagePrecision !== undefined);
  expect(untied.length).toBeGreaterThan(20);
  for (const { scores, grades, averagePrecision: expected = 0 } of untied) {
    expect(Math.abs(averagePrecision(scores, grades) - expected)).toBeLessThan(1e-9);
  }
});

test('relevant documents that were not ranked can be counted as missed', () => {
  expect(averagePrecision([2, 1], [1, 0], { relevantTotal: 2 })).toBe(1 / 2);
  expect(() => averagePrecision([2, 1], [1, 1], { relevantTotal: 1 })).toThrow(/relevantTotal/);
  const ideal = 1 + 1 / Math.log2(3);
  expect(ndcgAt(10, [2, 1], [1, 0], { idealGrades: [1, 1] })).toBeCloseTo(1 / ideal, 12);
});

test('infinite scores and a million documents are ranked, and an empty ranking is 0', () => {
  expect(reciprocalRankAt(10, [-Infinity, Infinity, Infinity], [1, 0, 0])).toBe(1 / 3);
  const many = new Float32Array(1_000_000);
  const grades = new Uint8Array(1_000_000).fill(1, 0, 1000);
  expect(hitAt(10, many, grades)).toBeCloseTo(1 - 0.999 ** 10, 4);
  expect(averagePrecision([], [])).toBe(0);
  expect(ndcgAt(10, [], [])).toBe(0);
});

test.each([0, -1, 1.5, Number.NaN])('the cut-off %s is refused', (k) => {
  expect(() => ndcgAt(k, [1], [1])).toThrow(/cut-off k: expected a whole number from 1/);
});

test('grades too large for exponential gain are refused, not turned into NaN', () => {
  expect(() => ndcgAt(10, [1, 2], [5000, 1], { gain: 'exponential' })).toThrow(/linear gain/);
});
