import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Weights } from '../../src/formats/weights.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import { AdamW, isTouched, TouchedRows } from '../../src/training/adamw.js';

const ROWS = 9;
const WIDTH = 4;

/** An update: the rows that a batch looked up, and whether their gradient is zero. */
const update = fc.record({
  rows: fc.uniqueArray(fc.nat({ max: ROWS - 1 }), { maxLength: 4 }),
  zero: fc.boolean(),
  rate: fc.constantFrom(0, 1e-3, 0.3),
});

function optimizer(seed: number, weightDecay: number, byRow: boolean) {
  const random = new SeededRandom(seed);
  const data = Float32Array.from({ length: ROWS * WIDTH }, () => random.nextNormal());
  const weights: Weights = new Map([['table', { shape: [ROWS, WIDTH], data }]]);
  const tables = new Set(byRow ? ['table'] : []);
  const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
  const adamw = new AdamW(weights, tables, options);
  const [parameter] = adamw.parameters;
  return { adamw, parameter: parameter! };
}

const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];

test('updating only the rows that ever had a gradient gives the same bits as updating all', () => {
  fc.assert(
    fc.property(
      fc.array(update, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(0, 0.01, 0.3),
      fc.nat({ max: 1000 }),
      (updates, weightDecay, seed) => {
        const whole = optimizer(seed, weightDecay, false);
        const sparse = optimizer(seed, weightDecay, true);
        expect(sparse.parameter.rows).toBeDefined();
        const random = new SeededRandom(seed);
        updates.forEach(({ rows, zero, rate }, index) => {
          whole.parameter.gradient.fill(0);
          sparse.parameter.gradient.fill(0);
          for (const row of rows) {
            sparse.parameter.rows?.touch(row);
            for (let i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
              const value = zero ? 0 : random.nextNormal();
              whole.parameter.gradient[i] = value;
              sparse.parameter.gradient[i] = value;
            }
          }
          expect(sparse.adamw.gradientNorm()).toBeCloseTo(whole.adamw.gradientNorm(), 12);
          whole.adamw.update(index + 1, rate, 0.7);
          sparse.adamw.update(index + 1, rate, 0.7);
          expect(bits(sparse.parameter.weight.data)).toEqual(bits(whole.parameter.weight.data));
        });
        expect(bits(sparse.parameter.moments.first)).toEqual(bits(whole.parameter.moments.first));
        expect(bits(sparse.parameter.moments.second)).toEqual(bits(whole.parameter.moments.second));
      },
    ),
  );
});

test('the moments show which rows were touched, and their order does not matter', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 1, 2, 5, 8], { minLength: 2 }), (rows) => {
      const { adamw, parameter } = optimizer(1, 0, true);
      const random = new SeededRandom(1);
      for (const row of rows) parameter.rows?.touch(row);
      for (const row of [...rows].sort()) {
        for (let i = row * WIDTH; i < (row + 1) * WIDTH; i++) {
          parameter.gradient[i] = random.nextNormal();
        }
      }
      const norm = adamw.gradientNorm();
      adamw.update(1, 1e-3, 1);
      const again = optimizer(1, 0, true);
      again.parameter.gradient.set(parameter.gradient);
      for (let row = 0; row < ROWS; row++) {
        const touched = isTouched(parameter.moments, row, WIDTH);
        expect(touched).toBe(rows.includes(row));
        if (touched) again.parameter.rows?.touch(row);
      }
      // The same bits: clipping after a resumed run depends on it.
      expect(again.adamw.gradientNorm()).toBe(norm);
    }),
  );
});

test('a row that is touched several times is listed once', () => {
  const rows = new TouchedRows(5, 4);
  for (const row of [3, 1, 3, 3, 1]) rows.touch(row);
  expect([...rows.list].sort()).toEqual([1, 3]);
  expect([0, 1, 2, 3, 4].map((row) => rows.isTouched(row))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});
