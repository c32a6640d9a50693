/** Which rows make up which batch of an epoch. */
import { SeededRandom } from '../random/seeded-random.js';

/** The batches of an epoch as row numbers; the same arguments must give the same batches. */
export type BatchSampler = (
  rows: number,
  batchSize: number,
  seed: number,
  epoch: number,
) => number[][];

/**
 * Batches of row numbers in random order, decided by seed and epoch alone, so that a resumed run finds
 * the order it left. Any row may meet any other: lengths are not looked at here, since tokens are
 * packed without padding and attention sorts a batch by length itself.
 */
export function shuffledBatches(
  rows: number,
  batchSize: number,
  seed: number,
  epoch: number,
): number[][] {
  const order = new SeededRandom(seed + epoch).shuffle(
    Array.from({ length: rows }, (_, row) => row),
  );
  return sequentialBatches(order, batchSize);
}

/** Batches in the order given; the last may be smaller. */
export function sequentialBatches(order: readonly number[], batchSize: number): number[][] {
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from += batchSize) {
    batches.push(order.slice(from, from + batchSize));
  }
  return batches;
}
