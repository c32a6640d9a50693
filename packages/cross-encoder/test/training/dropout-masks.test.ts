import { expect, test } from 'vitest';
import { DropoutMasks } from '../../src/training/dropout-masks.js';

test.each([0.1, 0.5])(
  'a mask of probability %d drops that share and keeps the mean',
  (probability) => {
    const masks = new DropoutMasks(1);
    const mask = masks.take(200_000, probability);
    expect(mask).toHaveLength(200_000);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - probability))]));
    const dropped = mask.filter((value) => value === 0).length;
    // Five deviations of a binomial count.
    const deviation = Math.sqrt(200_000 * probability * (1 - probability));
    expect(Math.abs(dropped - 200_000 * probability)).toBeLessThan(5 * deviation);
  },
);

test('two masks drop different elements, and neighboring elements are independent', () => {
  const masks = new DropoutMasks(2);
  const first = masks.take(50_000, 0.5).slice();
  const second = masks.take(50_000, 0.5);
  const both = (a: Float32Array, b: Float32Array) =>
    a.reduce((count, value, at) => count + (value === 0 && b[at] === 0 ? 1 : 0), 0);
  // A quarter, within five deviations of 97.
  expect(Math.abs(both(first, second) - 12_500)).toBeLessThan(490);
  expect(Math.abs(both(first.subarray(1), first) - 12_500)).toBeLessThan(490);
});

test('masks continue from a saved state, for any size of the pool', () => {
  const whole = new DropoutMasks(3);
  whole.take(10, 0.1);
  whole.take(5_000_000, 0.1);
  const state = whole.state();
  const rest = [whole.take(1000, 0.1).slice(), whole.take(1000, 0.2).slice()];
  const resumed = new DropoutMasks(3);
  resumed.restore(JSON.parse(JSON.stringify(state)));
  expect([resumed.take(1000, 0.1), resumed.take(1000, 0.2)]).toEqual(rest);
  const other = new DropoutMasks(4);
  expect(other.take(1000, 0.1)).not.toEqual(new DropoutMasks(3).take(1000, 0.1));
});
