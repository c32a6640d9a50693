/** A pool of dropout masks, drawn once from a seed; each use is a view of it at a random place. */
import { type RandomState, SeededRandom } from '../random/seeded-random.js';

/** Elements by which the pool exceeds the largest mask, so that masks start at different places. */
const SPARE = 4 * 1024 * 1024;

/** Views start at multiples of a cache line. */
const ALIGNMENT = 16;

export class DropoutMasks {
  readonly #seed: number;
  readonly #places: SeededRandom;
  readonly #pools = new Map<number, Float32Array>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#places = new SeededRandom(seed);
  }

  /** A mask: each element is 0 with the given probability, else 1 / (1 - probability). */
  take(elements: number, probability: number): Float32Array {
    let pool = this.#pools.get(probability);
    if (!pool || pool.length < elements + SPARE / 2) {
      pool = drawPool(this.#seed, roundUp(elements) + SPARE, probability);
      this.#pools.set(probability, pool);
    }
    // The range of places does not depend on the size of the pool, so that a resumed training, whose pool
    // may have grown at another moment, takes the same masks.
    const place = this.#places.nextInt(SPARE / 2 / ALIGNMENT) * ALIGNMENT;
    return pool.subarray(place, place + elements);
  }

  state(): RandomState {
    return this.#places.state();
  }

  restore(state: RandomState): void {
    this.#places.restore(state);
  }
}

/** Elements are drawn in order from the seed, so that a longer pool begins with the shorter one. */
function drawPool(seed: number, elements: number, probability: number): Float32Array {
  const random = new SeededRandom(seed);
  const threshold = Math.round(probability * 2 ** 32);
  const kept = 1 / (1 - probability);
  return new Float32Array(elements).map(() => (random.nextUint32() < threshold ? 0 : kept));
}

function roundUp(elements: number): number {
  return Math.ceil(elements / SPARE) * SPARE;
}
