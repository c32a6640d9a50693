/** Groups queries that say the same in nearly the same words. */
import { normalizeQuery } from '../records/clean-text.js';

/** Queries that share this much (Jaccard, over distinct words) are near-duplicates. */
export const NEAR_DUPLICATE_JACCARD = 0.9;

/** Where a word stands in a query: as the `rank`th, its rarest being the first. */
interface Place {
  readonly position: number;
  readonly rank: number;
}

/**
 * Pairs of positions of near-duplicate queries, found by prefix filtering (Chaudhuri et al. 2006):
 * two sets that share nine tenths share one of their few rarest words, so only those are compared;
 * and only if enough words come after that one (positional filtering, Xiao et al. 2008), which
 * spares texts from one template, alike but for a name, from being compared each with each.
 */
export function* nearDuplicatePairs(queries: readonly string[]): Generator<[number, number]> {
  const sets = queries.map((query) => new Set(normalizeQuery(query).split(' ')));
  const frequency = new Map<string, number>();
  for (const set of sets) {
    for (const word of set) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const rarestFirst = (a: string, b: string) =>
    (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0) || (a < b ? -1 : 1);
  const byWord = new Map<string, Place[]>();
  for (const [position, set] of sets.entries()) {
    const prefix = [...set]
      .sort(rarestFirst)
      .slice(0, set.size - Math.ceil(NEAR_DUPLICATE_JACCARD * set.size) + 1);
    const seen = new Set<number>();
    for (const [rank, word] of prefix.entries()) {
      const places = byWord.get(word) ?? [];
      for (const other of places) {
        if (seen.has(other.position)) continue;
        seen.add(other.position);
        const otherSet = sets[other.position] as Set<string>;
        // The first word they share: both have it and at most all that come after it.
        const shared = Math.min(set.size - rank, otherSet.size - other.rank);
        if (shareOfAll(shared, set, otherSet) < NEAR_DUPLICATE_JACCARD) continue;
        if (jaccard(set, otherSet) >= NEAR_DUPLICATE_JACCARD) yield [other.position, position];
      }
      places.push({ position, rank });
      byWord.set(word, places);
    }
  }
}

/** The share of all words of two sets that both have; 1 for two empty sets. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of b) if (a.has(word)) shared++;
  return shareOfAll(shared, a, b);
}

function shareOfAll(shared: number, a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const all = a.size + b.size - shared;
  return all === 0 ? 1 : shared / all;
}
