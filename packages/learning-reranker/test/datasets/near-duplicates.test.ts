import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jaccard, NearDuplicateIndex } from '../../src/datasets/near-duplicates.js';
import { isNear, similarQuery } from './queries.js';

/** An index with a group for each query. */
function found(queries: readonly string[]): string[] {
  const index = new NearDuplicateIndex<number>(queries);
  const pairs = queries.flatMap((query, position) => {
    const near = new Set(index.groupsNear(query, () => false));
    index.add(query, position);
    return [...near].map((earlier) => `${earlier} ${position}`);
  });
  return pairs.sort();
}

function bruteForce(queries: readonly string[]): string[] {
  const pairs: string[] = [];
  queries.forEach((query, index) => {
    queries.slice(0, index).forEach((earlier, before) => {
      if (isNear(earlier, query)) pairs.push(`${before} ${index}`);
    });
  });
  return pairs.sort();
}

describe('near-duplicates of a query', () => {
  it('are exactly those that a comparison of all pairs finds', () => {
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

  it('are none of the short texts of one template that differ in a name, and all of the long ones', () => {
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

describe('groups near to a query', () => {
  it('are the groups with a near-duplicate, without those already known', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(similarQuery, fc.nat(4)), { minLength: 10, maxLength: 30 }),
        similarQuery,
        fc.uniqueArray(fc.nat(4)),
        (members, query, known) => {
          const index = new NearDuplicateIndex<number>([query, ...members.map(([text]) => text)]);
          for (const [text, group] of members) index.add(text, group);
          const near = new Set(index.groupsNear(query, (group) => known.includes(group)));
          const expected = members
            .filter(([text, group]) => !known.includes(group) && isNear(text, query))
            .map(([, group]) => group);
          expect([...near].sort()).toEqual([...new Set(expected)].sort());
        },
      ),
    );
  });
});

describe('the Jaccard similarity', () => {
  it('is the number of shared words divided by the number of all words', () => {
    const words = Array.from({ length: 20 }, (_, index) => `${index}`);
    const share = (a: readonly string[], b: readonly string[]) => jaccard(new Set(a), new Set(b));
    expect(share(words, words)).toBe(1);
    expect(share(words, words.slice(1))).toBe(19 / 20);
    expect(share([...words, 'a'], [...words, 'b'])).toBe(20 / 22);
    expect(share(words, ['other'])).toBe(0);
    expect(share([], [])).toBe(1);
  });
});
