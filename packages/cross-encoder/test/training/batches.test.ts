import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type BatchSampler,
  noDuplicatesBatches,
  sequentialBatches,
  shuffledBatches,
} from '../../src/training/batches.js';
import type { TrainingExample } from '../../src/training/example.js';

const text = fc.integer({ min: 0, max: 12 }).map(String);
const rows = fc.array(
  fc.record({
    query: text.map((one) => `q${one}`),
    documents: fc.array(text, { minLength: 1, maxLength: 3 }),
    labels: fc.constantFrom([0], [1]),
  }),
  { minLength: 1, maxLength: 40 },
);
const batchSize = fc.integer({ min: 1, max: 9 });
const seed = fc.nat({ max: 1000 });

const samplers: readonly [string, BatchSampler][] = [
  ['shuffledBatches', shuffledBatches],
  ['noDuplicatesBatches', noDuplicatesBatches],
];

test.each(samplers)(
  '%s: every row is in one batch, and none is too large or empty',
  (_, sampler) => {
    fc.assert(
      fc.property(rows, batchSize, seed, fc.nat({ max: 5 }), (data, size, number, epoch) => {
        const batches = sampler(data, size, number, epoch);
        expect(batches.flat().sort((a, b) => a - b)).toEqual([...data.keys()]);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(size);
        }
        expect(sampler(data, size, number, epoch)).toEqual(batches);
      }),
    );
  },
);

test.each(samplers)('%s: seed and epoch change the order', (_, sampler) => {
  const data = Array.from({ length: 50 }, (_, row) => ({
    query: `q${row}`,
    documents: [`d${row}`],
  }));
  const orders = [sampler(data, 8, 1, 0), sampler(data, 8, 1, 1), sampler(data, 8, 7, 0)];
  expect(new Set(orders.map((batches) => JSON.stringify(batches))).size).toBe(3);
  expect(orders[0]?.map((batch) => batch.length)).toEqual([8, 8, 8, 8, 8, 8, 2]);
});

test('every order of the rows is equally likely', () => {
  const data = Array.from({ length: 3 }, () => ({ query: 'q', documents: ['d'] }));
  const counts = new Map<string, number>();
  for (let one = 0; one < 1200; one++) {
    const order = shuffledBatches(data, 3, one, 0).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  // 200 each, with a deviation of 13.
  for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(65);
});

const textsOf = ({ query, documents }: TrainingExample) => [...new Set([query, ...documents])];

test('without duplicates, no text is in two rows of a batch, for any labels', () => {
  fc.assert(
    fc.property(rows, batchSize, seed, (data, size, number) => {
      for (const batch of noDuplicatesBatches(data, size, number, 0)) {
        const texts = batch.flatMap((row) => textsOf(data[row]!));
        expect(new Set(texts).size).toBe(texts.length);
      }
    }),
  );
});

test('without duplicates, a row waits only for batches that are full or have one of its texts', () => {
  fc.assert(
    fc.property(rows, batchSize, seed, (data, size, number) => {
      const batches = noDuplicatesBatches(data, size, number, 0);
      const order = shuffledBatches(data, data.length, number, 0)[0]!;
      const placeOf = new Map(batches.flatMap((batch, place) => batch.map((row) => [row, place])));
      order.forEach((row, at) => {
        const earlier = order.slice(0, at);
        for (let place = 0; place < placeOf.get(row)!; place++) {
          const then = earlier.filter((one) => placeOf.get(one) === place);
          const taken = new Set(then.flatMap((one) => textsOf(data[one]!)));
          const waits = then.length === size || textsOf(data[row]!).some((one) => taken.has(one));
          expect(waits).toBe(true);
        }
      });
    }),
  );
});

test('labels that all rows share do not make batches smaller, as they do in SBERT', () => {
  const data = Array.from({ length: 32 }, (_, row) => ({
    query: `q${row}`,
    documents: [`d${row}`],
    labels: [row % 2],
  }));
  expect(noDuplicatesBatches(data, 8, 1, 0).map(({ length }) => length)).toEqual([8, 8, 8, 8]);
});

test('a text that all rows share takes time proportional to the rows', () => {
  const data = Array.from({ length: 20_000 }, (_, row) => ({ query: 'q', documents: [`d${row}`] }));
  expect(noDuplicatesBatches(data, 16, 1, 0)).toHaveLength(20_000);
});

test('sequential batches keep the order given', () => {
  expect(sequentialBatches([4, 2, 0, 1, 3], 2)).toEqual([[4, 2], [0, 1], [3]]);
  expect(sequentialBatches([], 2)).toEqual([]);
});
