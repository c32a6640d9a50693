import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jaccard, nearDuplicatePairs } from '../../src/datasets/near-duplicates.js';
import { isNear, similarQuery } from './queries.js';

const found = (queries: readonly string[]) =>
  [...nearDuplicatePairs(queries)].map((pair) => pair.sort((a, b) => a - b).join(' ')).sort();

function bruteForce(queries: readonly string[]): string[] {
  const pairs: string[] = [];
  queries.forEach((query, index) => {
    queries.slice(0, index).forEach((earlier, before) => {
      if (isNear(earlier, query)) pairs.push(`${before} ${index}`);
    });
  });
  return pairs.sort();
}

describe('pairs of near-duplicate queries', () => {
  it('are exactly those that comparing every query with every other one finds', () => {
    let near = 0;
    fc.assert(
      fc.property(fc.array(similarQuery, { minLength: 10, maxLength: 30 }), (queries) => {
        const expected = bruteForce(queries);
        near += expected.length;
        expect(found(queries)).toEqual(expected);
      }),
    );
    expect(near).toBeGreaterThan(100);
  });

  it('share nine tenths of their words: one of ten may be missing, not one of nine', () => {
    const ten = 'a b c d e f g h i j';
    expect(found([ten, 'a b c d e f g h i'])).toEqual(['0 1']);
    expect(found(['a b c d e f g h i', 'a b c d e f g h'])).toEqual([]);
    expect(found([ten, 'a b c d e f g h i k'])).toEqual([]);
  });

  it('are none among texts of one template that differ in a name, and all among long ones', () => {
    const filled = (template: string) =>
      Array.from({ length: 40 }, (_, index) => `${template} item${index}`);
    expect(found(filled('read the value of an option with this name from'))).toEqual([]);
    const long = Array.from({ length: 19 }, (_, index) => `word${index}`).join(' ');
    expect(found(filled(long))).toHaveLength((40 * 39) / 2);
  });

  it('do not depend on order, case, punctuation or repetition of words', () => {
    expect(found(['How to parse a date?', 'parse A DATE -- how to, to'])).toEqual(['0 1']);
  });
});

describe("Jaccard's share", () => {
  it('is the number of shared words over that of all words', () => {
    const words = Array.from({ length: 20 }, (_, index) => `${index}`);
    const share = (a: readonly string[], b: readonly string[]) => jaccard(new Set(a), new Set(b));
    expect(share(words, words)).toBe(1);
    expect(share(words, words.slice(1))).toBe(19 / 20);
    expect(share([...words, 'a'], [...words, 'b'])).toBe(20 / 22);
    expect(share(words, ['other'])).toBe(0);
    expect(share([], [])).toBe(1);
  });
});
