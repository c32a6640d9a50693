/** The one source of randomness: seeded, the same on every machine, and resumable from plain JSON. */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** The state of a generator, as plain JSON for a checkpoint. */
export interface RandomState {
  readonly algorithm: 'xoshiro128**';
  /** Four unsigned 32-bit integers, not all zero. */
  readonly words: readonly [number, number, number, number];
}

/** A seed, a bound or a saved state that the generator cannot use. */
export class RandomError extends CodedError<'bad-seed' | 'bad-bound' | 'bad-state'> {
  override readonly name = 'RandomError';
  readonly kind = 'invalid';
}

/**
 * The generator xoshiro128** of Blackman and Vigna (https://prng.di.unimi.it), seeded by SplitMix32.
 * The same seed gives the same numbers on every platform; `state` and `restore` continue a sequence
 * bit for bit. Not for secrets.
 */
export class SeededRandom {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @throws {RandomError} `bad-seed` unless the seed is a whole number from 0 to 2^53 - 1. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      const message = `The seed: expected a whole number from 0 to 2^53 - 1, got ${seed}.`;
      throw new RandomError('bad-seed', message);
    }
    // The high half is zero for all seeds below 2^32, so it is mixed in rather than concatenated.
    const next = splitMix32((seed >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000), 0x9e3779b9));
    this.#set([next(), next(), next(), next()]);
  }

  /** A generator that continues from a saved state. @throws {RandomError} as `restore`. */
  static from(state: RandomState): SeededRandom {
    const random = new SeededRandom(0);
    random.restore(state);
    return random;
  }

  /** A whole number, uniform in 0 .. 2^32 - 1. */
  nextUint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  /** A number, uniform in 0 <= x < 1, with 53 random bits. */
  nextFloat(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }

  /**
   * A whole number, uniform in 0 .. bound - 1, without modulo bias.
   * @throws {RandomError} `bad-bound` unless the bound is a whole number from 1 to 2^32.
   */
  nextInt(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 0x1_0000_0000) {
      const message = `The bound: expected a whole number from 1 to 2^32, got ${bound}.`;
      throw new RandomError('bad-bound', message);
    }
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    let value = this.nextUint32();
    while (value >= limit) value = this.nextUint32();
    return value % bound;
  }

  /** A number from the normal distribution of mean 0 and deviation 1 (Box and Muller, 1958). */
  nextNormal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.nextFloat())); // 1 - x is never zero
    return radius * Math.cos(2 * Math.PI * this.nextFloat());
  }

  /** Shuffles the values in place, every order equally likely, and returns them. */
  shuffle<T extends { readonly length: number; [index: number]: unknown }>(values: T): T {
    for (let last = values.length - 1; last > 0; last--) {
      const other = this.nextInt(last + 1);
      const moved = values[last];
      values[last] = values[other];
      values[other] = moved;
    }
    return values;
  }

  /** The current state, from which `restore` continues. */
  state(): RandomState {
    const words = [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0] as const;
    return { algorithm: 'xoshiro128**', words };
  }

  /**
   * Continues from a state that `state` gave.
   * @throws {RandomError} `bad-state` for anything else; the generator does not change.
   */
  restore(state: RandomState): void {
    const words: unknown = (state as Partial<RandomState> | null)?.words;
    const usable =
      state?.algorithm === 'xoshiro128**' &&
      Array.isArray(words) &&
      words.length === 4 &&
      words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff) &&
      words.some((word) => word !== 0);
    if (!usable) {
      const message = `A saved random state: expected {"algorithm": "xoshiro128**", "words": [four unsigned 32-bit integers, not all zero]}, got ${JSON.stringify(state)}.`;
      throw new RandomError('bad-state', message);
    }
    this.#set(state.words);
  }

  #set([a, b, c, d]: RandomState['words']): void {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Spreads one 32-bit seed over many words (Steele, Lea and Flood, 2014, in its 32-bit form). */
function splitMix32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
}
