/** Queries that are often near-duplicates, and records with them. */
import fc from 'fast-check';
import { normalizeQuery } from '../../src/records/clean-text.js';
import type { TrainingRecord } from '../../src/records/training-record.js';

const WORDS = Array.from({ length: 24 }, (_, index) => `word${index}`);

/** A sentence of up to 20 words, or a common one of 9 to 21 words with at most one replaced. */
export const similarQuery: fc.Arbitrary<string> = fc
  .oneof(
    fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 20 }),
    fc
      .record({
        length: fc.constantFrom(9, 10, 11, 18, 19, 20, 21),
        from: fc.constantFrom(0, 1),
        instead: fc.constantFrom(...WORDS),
        at: fc.constantFrom(0, 5, 100, 101),
      })
      .map(({ length, from, instead, at }) =>
        WORDS.slice(from, from + length).map((word, index) => (index === at ? instead : word)),
      ),
  )
  .map((words) => words.join(' '));

/** Whether both share at least nine tenths of their words, computed in integers. */
export function isNear(a: string, b: string): boolean {
  const [one, other] = [a, b].map((query) => new Set(normalizeQuery(query).split(' ')));
  if (!one || !other) return false;
  const shared = [...one].filter((word) => other.has(word)).length;
  return 10 * shared >= 9 * (one.size + other.size - shared);
}

export function makeRecord(
  query: string,
  positive: string,
  negatives: readonly string[] = [],
  more: Partial<TrainingRecord> = {},
): TrainingRecord {
  const document = (text: string) => ({ text, doc_path_rel: '', repo_slug: '' });
  return {
    schema_version: 2,
    query,
    positive: document(positive),
    negatives: negatives.map(document),
    source: 'code',
    ...more,
  };
}
