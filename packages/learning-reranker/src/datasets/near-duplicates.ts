/** Finds queries that say the same in nearly the same words. */
import { normalizeQuery } from '../records/clean-text.js';

/** Queries that share this much (Jaccard, over distinct words) are near-duplicates. */
export const NEAR_DUPLICATE_JACCARD = 0.9;

/** Queries of one length that have a word at one rank; a query's rarest word is its first. */
interface Bucket<Group> {
  readonly size: number;
  readonly rank: number;
  readonly members: Map<Group, ReadonlySet<string>[]>;
}

/**
 * Queries by group, asked which groups hold a near-duplicate of a query.
 *
 * Prefix filtering (Chaudhuri et al. 2006): two sets that share nine tenths share one of their few
 * rarest words, so only those are looked up; and only lengths and ranks at which enough words can
 * still be shared (positional filtering, Xiao et al. 2008). Thousands of texts of one template are
 * alike but for a name: they are passed over together, or found by the first of their group.
 */
export class NearDuplicateIndex<Group> {
  readonly #frequency = new Map<string, number>();
  readonly #buckets = new Map<string, Map<string, Bucket<Group>>>();

  /** @param queries all that will be added or asked about: they decide which words are rare. */
  constructor(queries: Iterable<string>) {
    for (const query of queries) {
      for (const word of wordsOf(query)) {
        this.#frequency.set(word, (this.#frequency.get(word) ?? 0) + 1);
      }
    }
  }

  add(query: string, group: Group): void {
    const words = wordsOf(query);
    for (const [rank, word] of this.#rarest(words).entries()) {
      const buckets = this.#buckets.get(word) ?? new Map<string, Bucket<Group>>();
      this.#buckets.set(word, buckets);
      const place = `${words.size} ${rank}`;
      const bucket = buckets.get(place) ?? { size: words.size, rank, members: new Map() };
      buckets.set(place, bucket);
      const members = bucket.members.get(group);
      if (members) members.push(words);
      else bucket.members.set(group, [words]);
    }
  }

  /**
   * Groups with a near-duplicate of the query, perhaps more than once. A group that `isKnown`
   * is not looked into: it is asked anew after each group that was found.
   */
  *groupsNear(query: string, isKnown: (group: Group) => boolean): Generator<Group> {
    const words = wordsOf(query);
    const compared = new Set<ReadonlySet<string>>();
    const isNear = (other: ReadonlySet<string>) => {
      if (compared.has(other)) return false;
      compared.add(other);
      return jaccard(words, other) >= NEAR_DUPLICATE_JACCARD;
    };
    for (const [rank, word] of this.#rarest(words).entries()) {
      for (const bucket of this.#buckets.get(word)?.values() ?? []) {
        // Were this the first word they share: both have it and at most all that come after it.
        const shared = Math.min(words.size - rank, bucket.size - bucket.rank);
        if (shareOfAll(shared, words.size, bucket.size) < NEAR_DUPLICATE_JACCARD) continue;
        for (const [group, members] of bucket.members) {
          if (!isKnown(group) && members.some(isNear)) yield group;
        }
      }
    }
  }

  /** The words of which a near-duplicate has at least one, the rarest first. */
  #rarest(words: ReadonlySet<string>): string[] {
    const rarestFirst = (a: string, b: string) =>
      (this.#frequency.get(a) ?? 0) - (this.#frequency.get(b) ?? 0) || (a < b ? -1 : 1);
    return [...words]
      .sort(rarestFirst)
      .slice(0, words.size - Math.ceil(NEAR_DUPLICATE_JACCARD * words.size) + 1);
  }
}

/** The share of all words of two sets that both have; 1 for two empty sets. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of b) if (a.has(word)) shared++;
  return shareOfAll(shared, a.size, b.size);
}

function shareOfAll(shared: number, size: number, otherSize: number): number {
  const all = size + otherSize - shared;
  return all === 0 ? 1 : shared / all;
}

function wordsOf(query: string): ReadonlySet<string> {
  return new Set(normalizeQuery(query).split(' '));
}
