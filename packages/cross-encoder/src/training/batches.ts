/** Samplers: which rows make up which batch of an epoch. */
import { SeededRandom } from '../random/seeded-random.js';
import type { TrainingExample } from './example.js';

/**
 * The batches of an epoch as row numbers, each row in one of them. The same arguments must give the same
 * batches, so that a training resumes in the same order.
 */
export type BatchSampler = (
  rows: readonly TrainingExample[],
  batchSize: number,
  seed: number,
  epoch: number,
) => number[][];

/**
 * Batches of row numbers in a random order that depends on seed and epoch alone. Rows are not sorted by
 * length: tokens are packed without padding, and attention sorts a batch by length itself.
 */
export function shuffledBatches(
  rows: readonly TrainingExample[],
  batchSize: number,
  seed: number,
  epoch: number,
): number[][] {
  return sequentialBatches(shuffledOrder(rows.length, seed, epoch), batchSize);
}

/**
 * SBERT's `no_duplicates`: as `shuffledBatches`, but no query and no document is in two rows of a batch,
 * where a loss that draws negatives from the batch could take a positive for a negative. A row goes into the
 * first batch that has room and none of its texts, so the last batches of an epoch may be small, and there
 * may be more batches than rows divided by batch size. Labels are ignored.
 */
export function noDuplicatesBatches(
  rows: readonly TrainingExample[],
  batchSize: number,
  seed: number,
  epoch: number,
): number[][] {
  const batches: number[][] = [];
  const textsOf: Set<string>[] = [];
  const isFull = (batch: number) => batches[batch]?.length === batchSize;
  const has = (batch: number, text: string) => textsOf[batch]?.has(text) === true;
  let firstWithRoom = 0;
  // All batches before this one are full or have the text, and stay so.
  const firstFor = new Map<string, number>();
  const firstThatMayTake = (text: string) => {
    let batch = Math.max(firstWithRoom, firstFor.get(text) ?? 0);
    while (isFull(batch) || has(batch, text)) batch++;
    firstFor.set(text, batch);
    return batch;
  };
  for (const row of shuffledOrder(rows.length, seed, epoch)) {
    const { query, documents } = rows[row] as TrainingExample;
    const texts = [query, ...documents];
    let place = Math.max(...texts.map(firstThatMayTake));
    while (isFull(place) || texts.some((text) => has(place, text))) place++;
    batches[place] = [...(batches[place] ?? []), row];
    textsOf[place] = new Set([...(textsOf[place] ?? []), ...texts]);
    while (isFull(firstWithRoom)) firstWithRoom++;
  }
  return batches;
}

function shuffledOrder(rows: number, seed: number, epoch: number): number[] {
  return new SeededRandom(seed + epoch).shuffle(Array.from({ length: rows }, (_, row) => row));
}

/** Batches in the given order; the last may be smaller. */
export function sequentialBatches(order: readonly number[], batchSize: number): number[][] {
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from += batchSize) {
    batches.push(order.slice(from, from + batchSize));
  }
  return batches;
}
