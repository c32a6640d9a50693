import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RandomError, type RandomState, SeededRandom } from '../../src/random/seeded-random.js';

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

test('the numbers equal those of the authors of xoshiro128**', () => {
  const random = SeededRandom.from({ algorithm: 'xoshiro128**', words: [1, 2, 3, 4] });
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
    4258142804,
  ];
  expect(expected.map(() => random.nextUint32())).toEqual(expected);
});

test('a restored state continues bit for bit, through JSON too', () => {
  fc.assert(
    fc.property(seeds, fc.nat(50), (seed, skipped) => {
      const random = new SeededRandom(seed);
      for (let i = 0; i < skipped; i++) random.nextFloat();
      const saved = JSON.parse(JSON.stringify(random.state())) as RandomState;
      const draw = (from: SeededRandom) => [
        from.nextFloat(),
        from.nextInt(7),
        from.nextNormal(),
        ...from.shuffle([1, 2, 3, 4, 5]),
      ];
      const ahead = draw(random);
      expect(draw(SeededRandom.from(saved))).toEqual(ahead);
      random.restore(saved);
      expect(draw(random)).toEqual(ahead);
    }),
  );
});

test('neighboring seeds, and seeds beyond 32 bits, give different sequences', () => {
  const first = (seed: number) => new SeededRandom(seed).nextFloat();
  const seeds = [0, 1, 2, 42, 43, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER];
  expect(new Set(seeds.map(first)).size).toBe(seeds.length);
});

test('floats are in 0 <= x < 1 with the mean and variance of the uniform distribution', () => {
  const random = new SeededRandom(1);
  const values = Array.from({ length: 100_000 }, () => random.nextFloat());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
  expect(mean).toBeCloseTo(1 / 2, 2);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test('normals have mean 0, deviation 1 and two thirds within one deviation', () => {
  const random = new SeededRandom(2);
  const values = Array.from({ length: 100_000 }, () => random.nextNormal());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  const within = values.filter((value) => Math.abs(value) < 1).length / values.length;
  expect(within).toBeCloseTo(0.6827, 2);
});

test('all whole numbers below a bound are equally likely', () => {
  const random = new SeededRandom(3);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[random.nextInt(6)]! += 1;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500); // five deviations
  expect(random.nextInt(1)).toBe(0);
  for (let i = 0; i < 100; i++) expect(random.nextInt(2 ** 32)).toBeLessThan(2 ** 32);
});

test('a shuffle keeps every value and every order is equally likely', () => {
  fc.assert(
    fc.property(seeds, fc.array(fc.integer()), (seed, values) => {
      const shuffled = new SeededRandom(seed).shuffle([...values]);
      expect([...shuffled].sort()).toEqual([...values].sort());
    }),
  );
  const random = new SeededRandom(4);
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = random.shuffle(['a', 'b', 'c', 'd']).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(160);
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])('the seed %s is refused', (seed) => {
  expect(() => new SeededRandom(seed)).toThrow(RandomError);
});

test.each([0, -3, 1.5, Number.NaN, 2 ** 33])('the bound %s is refused', (bound) => {
  expect(() => new SeededRandom(1).nextInt(bound)).toThrow(/whole number from 1/);
});

test.each([
  null,
  {},
  { algorithm: 'xoshiro128**', words: [0, 0, 0, 0] },
  { algorithm: 'xoshiro128**', words: [1, 2, 3] },
  { algorithm: 'xoshiro128**', words: [1, 2, 3, 2 ** 32] },
  { algorithm: 'mt19937', words: [1, 2, 3, 4] },
])('the state %j is refused and the generator does not change', (state) => {
  const random = new SeededRandom(5);
  const before = random.state();
  expect(() => random.restore(state as RandomState)).toThrow(RandomError);
  expect(random.state()).toEqual(before);
});
