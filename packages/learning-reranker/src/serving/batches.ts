/** What runs next: pairs in the order they came, up to a number and up to a length in all. */
import type { HostPair } from './model-host.js';

export interface QueuedPair<Owner> {
  readonly pair: HostPair;
  /** The pair's place in its request. */
  readonly place: number;
  readonly owner: Owner;
  /** UTF-16 code units of both texts. */
  readonly length: number;
  /** Whether a text was longer than what the model is given of it. */
  readonly isCut: boolean;
}

/** About 8,000 tokens of English or code: past it a longer run gains no speed and cancelling gets slow. */
const MOST_CHARACTERS = 32_000;
/** What a longer pair costs no more than: the model reads no further. */
const LONGEST_PAIR = 2_000;

/** Takes a batch from the front of the queue; at least one pair. */
export function nextBatch<Owner>(
  queue: QueuedPair<Owner>[],
  batchSize: number,
): QueuedPair<Owner>[] {
  let characters = 0;
  let count = 0;
  for (const { length } of queue) {
    characters += Math.min(length, LONGEST_PAIR);
    if (count > 0 && (count >= batchSize || characters > MOST_CHARACTERS)) break;
    count++;
  }
  return queue.splice(0, count);
}
