import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignSplits, type Split, splitOfHash } from '../../src/datasets/split.js';
import { normalizeQuery } from '../../src/records/clean-text.js';
import { isNear, similarQuery } from './queries.js';

const queries = fc.array(similarQuery, { maxLength: 30 });
const TEN = 'a b c d e f g h i j';
const evenly = (hash: number) => splitOfHash(hash, { dev: 0.3, test: 0.3 });

function crossing(assignments: ReadonlyMap<string, Split>): string[][] {
  const all = [...assignments];
  return all.flatMap(([query, split]) =>
    all
      .filter(([other, otherSplit]) => split !== otherSplit && isNear(query, other))
      .map(([other]) => [query, other]),
  );
}

describe('growing data', () => {
  it('changes the split of no query', () => {
    fc.assert(
      fc.property(queries, queries, (before, added) => {
        const first = assignSplits(before).assignments;
        const second = assignSplits([...added, ...before], first).assignments;
        for (const [query, split] of first) expect(second.get(query)).toBe(split);
      }),
    );
  });

  it('never puts near-duplicates into different splits, however often it grows', () => {
    fc.assert(
      fc.property(queries, queries, queries, (one, two, three) => {
        let assignments: ReadonlyMap<string, Split> = new Map();
        for (const batch of [one, two, three]) {
          assignments = assignSplits(batch, assignments, evenly).assignments;
          expect(crossing(assignments)).toEqual([]);
        }
      }),
    );
  });

  it('gives every new query a split or leaves it out, and leaves none out of new data', () => {
    fc.assert(
      fc.property(queries, queries, (before, added) => {
        const first = assignSplits(before, new Map(), evenly);
        expect(first.bridging.size).toBe(0);
        const { assignments, bridging } = assignSplits(added, first.assignments, evenly);
        for (const query of added.map(normalizeQuery)) {
          expect(assignments.has(query)).toBe(!bridging.has(query));
        }
      }),
    );
  });
});

describe('a query', () => {
  it('near to queries of two splits is in neither', () => {
    const previous = new Map<string, Split>([
      ['a b c d e f g h i', 'train'],
      ['b c d e f g h i j', 'test'],
    ]);
    const { assignments, bridging } = assignSplits([TEN], previous);
    expect(bridging).toEqual(new Set([TEN]));
    expect(assignments).toEqual(previous);
  });

  it('joins the split of its near-duplicates, whatever its own hash says', () => {
    for (const split of ['train', 'dev', 'test'] as const) {
      const previous = new Map<string, Split>([[TEN, split]]);
      const near = ['b c d e f g h i j', 'A B C D E F G H I'];
      const { assignments } = assignSplits(near, previous);
      for (const query of near) expect(assignments.get(normalizeQuery(query))).toBe(split);
    }
  });

  it('gets the same split in any order of the queries', () => {
    fc.assert(
      fc.property(queries, (all) => {
        expect([...assignSplits(all.toReversed()).assignments].sort()).toEqual(
          [...assignSplits(all).assignments].sort(),
        );
      }),
    );
  });

  it('is left out with its whole group of near-duplicates if one of them is near to two splits', () => {
    // Each near to the next alone; the first to a query of train, the last to one of test.
    const previous = new Map<string, Split>([
      ['b c d e f g h i j', 'train'],
      ['d e f g h i j k l', 'test'],
    ]);
    const chain = ['b c d e f g h i j k', 'c d e f g h i j k', 'c d e f g h i j k l'];
    const { assignments, bridging } = assignSplits(chain, previous);
    expect(bridging).toEqual(new Set(chain));
    expect(assignments).toEqual(previous);
  });

  it('of thousands that differ only in a name is split with them, or alone if it differs enough', () => {
    const named = (template: string) =>
      Array.from({ length: 3000 }, (_, index) => template.replace('NAME', `name${index}`));
    const words = Array.from({ length: 19 }, (_, index) => `word${index}`);
    const near = assignSplits(named(`${words.join(' ')} NAME`)).assignments;
    expect(near.size).toBe(3000);
    expect(new Set(near.values()).size).toBe(1);
    const apart = assignSplits(named(`${words.slice(2).join(' ')} NAME`)).assignments;
    expect(new Set(apart.values())).toEqual(new Set(['train', 'dev', 'test']));
  });

  it('is the same query if only case and punctuation differ', () => {
    const { assignments } = assignSplits(['How to parse?', 'how TO parse']);
    expect([...assignments.keys()]).toEqual(['how to parse']);
  });
});

describe('the shares', () => {
  it('are roughly met with many queries', () => {
    const many = Array.from({ length: 4000 }, (_, index) => `how to do number ${index}`);
    const shares = { dev: 0.1, test: 0.2 };
    const { assignments } = assignSplits(many, new Map(), (hash) => splitOfHash(hash, shares));
    const splits = [...assignments.values()];
    const share = (split: Split) => splits.filter((one) => one === split).length / splits.length;
    // Four standard deviations of a share of 0.2 among 4000 are 0.025.
    expect(Math.abs(share('dev') - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(share('test') - 0.2)).toBeLessThan(0.026);
    expect(Math.abs(share('train') - 0.7)).toBeLessThan(0.03);
  });

  it('divide the range of the hash: test first, then dev, then train', () => {
    const at = (share: number) => splitOfHash(Math.floor(share * 2 ** 32), { dev: 0.1, test: 0.1 });
    expect([at(0), at(0.0999), at(0.1001), at(0.1999), at(0.2001), at(0.9999)]).toEqual([
      'test',
      'test',
      'dev',
      'dev',
      'train',
      'train',
    ]);
  });
});
