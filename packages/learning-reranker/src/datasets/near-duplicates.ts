/** Groups queries that say the same in nearly the same words. */
import { normalizeQuery } from '../records/clean-text.js';

/** Queries that share this much (Jaccard, over distinct words) are near-duplicates. */
export const NEAR_DUPLICATE_JACCARD = 0.9;

/**
 * Pairs of positions of near-duplicate queries, found by prefix filtering (Chaudhuri et al. 2006):
 * two sets that share nine tenths share one of their few rarest words, so only those are compared.
 */
export function* nearDuplicatePairs(queries: readonly string[]): Generator<[number, number]> {
  const words = queries.map((query) => [...new Set(normalizeQuery(query).split(' '))]);
  const frequency = new Map<string, number>();
  for (const set of words) {
    for (const word of set) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const rarestFirst = (a: string, b: string) =>
    (frequency.get(a) ?? 0) - (frequency.get(b) ?? 0) || (a < b ? -1 : 1);
  const byWord = new Map<string, number[]>();
  for (const [position, set] of words.entries()) {
    set.sort(rarestFirst);
    const prefix = set.slice(0, set.length - Math.ceil(NEAR_DUPLICATE_JACCARD * set.length) + 1);
    const seen = new Set<number>();
    for (const word of prefix) {
      const others = byWord.get(word) ?? [];
      for (const other of others) {
        if (seen.has(other)) continue;
        seen.add(other);
        if (jaccard(set, words[other] ?? []) >= NEAR_DUPLICATE_JACCARD) yield [other, position];
      }
      others.push(position);
      byWord.set(word, others);
    }
  }
}

/** The share of all words of two sets that both have; 1 for two empty sets. */
export function jaccard(a: readonly string[], b: readonly string[]): number {
  if (Math.min(a.length, b.length) < NEAR_DUPLICATE_JACCARD * Math.max(a.length, b.length))
    return 0;
  const set = new Set(a);
  const shared = b.filter((word) => set.has(word)).length;
  const all = a.length + b.length - shared;
  return all === 0 ? 1 : shared / all;
}
