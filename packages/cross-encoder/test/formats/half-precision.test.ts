import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  narrowToFloat16,
  roundToFloat16,
  widenBfloat16,
  widenFloat16,
} from '../../src/formats/half-precision.js';

const allBits = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

test('every float16 survives widening and narrowing', () => {
  const back = narrowToFloat16(widenFloat16(allBits));
  for (const bits of allBits) {
    const notANumber = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    if (notANumber) expect((back[bits] as number) & 0x7fff).toBeGreaterThan(0x7c00);
    else if (back[bits] !== bits) expect.fail(`0x${bits.toString(16)} became ${back[bits]}`);
  }
});

test('rounding agrees with PyTorch, ties and subnormals included', async () => {
  const path = new URL('../fixtures/formats/float16-rounding.json', import.meta.url);
  const { values, bits } = JSON.parse(await readFile(path, 'utf8'));
  expect([...narrowToFloat16(Float32Array.from(values))]).toEqual(bits);
});

test('no other float16 is nearer than the one chosen', () => {
  const values = widenFloat16(allBits.slice(0, 0x7c00)); // all that are finite and not negative
  fc.assert(
    fc.property(fc.float({ min: 0, max: 65_504, noNaN: true }), (value) => {
      const bits = roundToFloat16(value);
      const distance = (at: number) => Math.abs((values[at] ?? Number.POSITIVE_INFINITY) - value);
      for (const other of [bits - 1, bits + 1]) {
        expect(distance(bits)).toBeLessThanOrEqual(distance(other));
        if (distance(bits) === distance(other)) expect(bits % 2).toBe(0);
      }
    }),
  );
});

test('values past the largest float16 become infinite', () => {
  expect(roundToFloat16(65_519.9)).toBe(0x7bff);
  expect(roundToFloat16(65_520)).toBe(0x7c00);
  expect(roundToFloat16(-1e30)).toBe(0xfc00);
});

test('a bfloat16 is the upper half of a float32', () => {
  expect([...widenBfloat16(Uint16Array.of(0x3f80, 0xc000, 0x4049))]).toEqual([1, -2, 3.140625]);
});
