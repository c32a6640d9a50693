/** Finds near-duplicates: queries with nearly the same words. */
import { normalizeQuery } from '../records/clean-text.js';

/** Queries that share this much (Jaccard, over distinct words) are near-duplicates. */
export const NEAR_DUPLICATE_JACCARD = 0.9;

/** Queries of the same length with the same word at the same rank. Rank 0 is a query's rarest word. */
interface Bucket<Group> {
  readonly size: number;
  readonly rank: number;
  readonly members: Map<Group, ReadonlySet<string>[]>;
}

/**
 * Finds the groups that contain a near-duplicate of a query.
 *
 * Prefix filtering (Chaudhuri et al. 2006): two sets that share 90 % of their words share one of their few rarest
 * words, so only those are looked up. Positional filtering (Xiao et al. 2008) skips lengths and ranks at which too few
 * words can be shared. Thousands of texts of one template differ only in a name; a group skips or finds them together.
 */
export class NearDuplicateIndex<Group> {
  readonly #frequency = new Map<string, number>();
  readonly #buckets = new Map<string, Map<string, Bucket<Group>>>();

  /** @param queries all queries that will be added or looked up; they determine which words are rare. */
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

  /** The groups with a near-duplicate of the query, perhaps repeated. Skips groups for which `isKnown` is true by then. */
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
        // If this is the first shared word, at most all later words are shared, too.
        const shared = Math.min(words.size - rank, bucket.size - bucket.rank);
        if (shareOfAll(shared, words.size, bucket.size) < NEAR_DUPLICATE_JACCARD) continue;
        for (const [group, members] of bucket.members) {
          if (!isKnown(group) && members.some(isNear)) yield group;
        }
      }
    }
  }

  /** The rarest words. Every near-duplicate contains at least one of them. */
  #rarest(words: ReadonlySet<string>): string[] {
    const rarestFirst = (a: string, b: string) =>
      (this.#frequency.get(a) ?? 0) - (this.#frequency.get(b) ?? 0) || (a < b ? -1 : 1);
    return [...words]
      .sort(rarestFirst)
      .slice(0, words.size - Math.ceil(NEAR_DUPLICATE_JACCARD * words.size) + 1);
  }
}

/** The Jaccard similarity of two sets; 1 for two empty sets. */
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
