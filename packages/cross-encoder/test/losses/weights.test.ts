import { expect, test } from 'vitest';
import { createLoss } from '../../src/losses/index.js';
import type { TrainingExample } from '../../src/training/example.js';
import { lossValue } from './loss-value.js';

/** Rows that fit each loss, and logits for their pairs. */
const cases = [
  {
    name: 'bce',
    rows: [
      { query: 'q1', documents: ['a'], labels: [1] },
      { query: 'q2', documents: ['b'], labels: [0.25] },
      { query: 'q3', documents: ['c'], labels: [0] },
    ],
  },
  {
    name: 'softmax',
    rows: [
      { query: 'q1', documents: ['a'], labels: [1] },
      { query: 'q2', documents: ['b'], labels: [0] },
      { query: 'q3', documents: ['c'], labels: [1] },
    ],
  },
  {
    name: 'mnr',
    rows: [
      { query: 'q1', documents: ['a', 'd'] },
      { query: 'q2', documents: ['b'] },
      { query: 'q3', documents: ['c'] },
    ],
  },
  {
    name: 'margin-mse',
    rows: [
      { query: 'q1', documents: ['a', 'd'], labels: [0.5] },
      { query: 'q2', documents: ['b', 'e', 'f'], labels: [3, 1, 2] },
      { query: 'q3', documents: ['c', 'd'], labels: [-1] },
    ],
  },
];

const numbers: Record<string, number> = { a: 0.3, b: -1.2, c: 2, d: 0.7, e: -0.4, f: 1.1 };

async function value(name: string, rows: readonly TrainingExample[]) {
  const loss = createLoss(name, name === 'mnr' ? { numNegatives: null } : {});
  return lossValue(loss, rows, ([, document]) => {
    const logit = numbers[document] as number;
    return name === 'softmax' ? [logit, -logit / 2] : [logit];
  });
}

const weighted = (rows: readonly TrainingExample[], weights: readonly number[]) =>
  rows.map((row, index) => ({ ...row, weight: weights[index] as number }));

test.each(cases)('$name: weights of 1 change nothing', async ({ name, rows }) => {
  expect(await value(name, weighted(rows, [1, 1, 1]))).toEqual(await value(name, rows));
});

test.each(cases)('$name: a row counts in proportion to its weight', async ({ name, rows }) => {
  // The loss is linear in each weight: what single rows give adds up.
  const parts = await Promise.all(
    [0, 1, 2].map((one) =>
      value(
        name,
        weighted(
          rows,
          [0, 1, 2].map((row) => (row === one ? 1 : 0)),
        ),
      ),
    ),
  );
  const mixed = await value(name, weighted(rows, [2, 0.5, 0]));
  const sum = (of: (index: number) => number) => 2 * of(0) + 0.5 * of(1);
  expect(mixed.loss).toBeCloseTo(
    sum((row) => parts[row]!.loss),
    5,
  );
  for (const [pair, gradient] of mixed.gradient.entries()) {
    expect(gradient).toBeCloseTo(
      sum((row) => parts[row]!.gradient[pair] as number),
      5,
    );
  }
  expect(mixed.loss).toBeGreaterThan(0);
});

test.each(cases)('$name: a row of weight 0 has no gradient', async ({ name, rows }) => {
  const { gradient, pairs } = await value(name, weighted(rows, [0, 1, 1]));
  expect(gradient.some((each) => each !== 0)).toBe(true);
  pairs.forEach((pair, index) => {
    if (pair?.[0] === 'q1') expect(Math.abs(gradient[index] as number)).toBe(0);
  });
});

test('the weighted mean, worked out by hand: each loss times its weight, over the number of rows', async () => {
  const [{ rows }] = cases as [(typeof cases)[0]];
  const { loss } = await value('bce', weighted(rows, [2, 0.5, 3]));
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const cross = (label: number, x: number) =>
    -(label * Math.log(sigmoid(x)) + (1 - label) * Math.log(1 - sigmoid(x)));
  const expected = (2 * cross(1, 0.3) + 0.5 * cross(0.25, -1.2) + 3 * cross(0, 2)) / 3;
  expect(loss).toBeCloseTo(expected, 6);
});

test('MarginMSELoss takes rows of different lengths, scores and margins, and averages over negatives', async () => {
  const rows = cases[3]!.rows as TrainingExample[];
  const { loss, pairs, gradient } = await value('margin-mse', rows);
  // q1: (a - d) - 0.5; q2: (b - e) - (3 - 1), (b - f) - (3 - 2); q3: (c - d) + 1
  const errors = [-0.4 - 0.5, -0.8 - 2, -2.3 - 1, 1.3 + 1];
  const expected = errors.reduce((sum, error) => sum + error ** 2, 0) / 4;
  expect(loss).toBeCloseTo(expected, 5);
  expect(pairs.map((pair) => pair?.[1])).toEqual([
    'a',
    'd',
    undefined,
    'b',
    'e',
    'f',
    'c',
    'd',
    undefined,
  ]);
  const by = errors.map((error) => (2 * error) / 4) as [number, number, number, number];
  const wanted = [by[0], -by[0], 0, by[1] + by[2], -by[1], -by[2], by[3], -by[3], 0];
  for (const [index, one] of wanted.entries()) expect(gradient[index]).toBeCloseTo(one, 5);
});

test('huge logits do not overflow', async () => {
  for (const { name, rows } of cases) {
    const loss = createLoss(name, name === 'mnr' ? { numNegatives: null } : {});
    const found = await lossValue(loss, rows, ([, document]) => {
      const logit = (numbers[document] as number) * 1000;
      return name === 'softmax' ? [logit, -logit] : [logit];
    });
    expect(Number.isFinite(found.loss), name).toBe(true);
    for (const each of found.gradient) expect(Number.isFinite(each), name).toBe(true);
  }
});
