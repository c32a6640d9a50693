import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bm25Index } from '../../src/mining/bm25.js';
import { codeTokens } from '../../src/mining/code-tokens.js';

describe('code tokens', () => {
  it.each([
    ['parseHTTPDate', 'parsehttpdate pars http date'],
    ['snake_case_name', 'snakecasename snake case name'],
    ['the dates of a file', 'date file'],
    ['sha256sum', 'sha256sum sha 256 sum'],
    ['Größe der Datei', 'größe der datei'],
    ['日付', '日付'],
    ['_private $dollar', 'privat dollar'],
    ['()=>{};', ''],
  ])('of %j', (text, expected) => {
    expect(codeTokens(text).join(' ')).toBe(expected);
  });

  it('make one term of an identifier in camelCase and in snake_case', () => {
    expect(codeTokens('minCost')).toEqual(codeTokens('min_cost'));
  });
});

describe('BM25', () => {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');

  it('scores as by hand', () => {
    const index = new Bm25Index(['a b', 'a a c', 'd'], { tokenize: words });
    // Three documents of 2, 3 and 1 terms: average 2. "a" is in two of them, "b" in one.
    const idfA = Math.log(1 + (3 - 2 + 0.5) / (2 + 0.5));
    const idfB = Math.log(1 + (3 - 1 + 0.5) / (1 + 0.5));
    const first = (idfA * 1) / (1 + 1.2 * 1) + (idfB * 1) / (1 + 1.2 * 1);
    const second = (idfA * 2) / (2 + 1.2 * (0.25 + (0.75 * 3) / 2));
    const hits = index.search('a b', 10);
    expect(hits.map((hit) => hit.index)).toEqual([0, 1]);
    expect(hits[0]?.score).toBeCloseTo(first, 6);
    expect(hits[1]?.score).toBeCloseTo(second, 6);
  });

  it('counts a repeated term of the query each time', () => {
    const index = new Bm25Index(['a b', 'c d'], { tokenize: words });
    const [once] = index.search('a');
    const [twice] = index.search('a a');
    expect(twice?.score).toBeCloseTo(2 * (once?.score ?? 0), 6);
  });

  it('orders equal scores as the corpus does, whatever topK is', () => {
    const corpus = fc.array(fc.constantFrom('a', 'b', 'a b', 'a a', 'b c', ''), { maxLength: 40 });
    fc.assert(
      fc.property(corpus, fc.integer({ min: 0, max: 45 }), (texts, topK) => {
        const index = new Bm25Index(texts, { tokenize: words });
        const all = index.search('a b', texts.length);
        for (let at = 1; at < all.length; at++) {
          const [before, after] = [all[at - 1], all[at]];
          if (!before || !after) throw new Error('a hole in the hits');
          expect(before.score).toBeGreaterThanOrEqual(after.score);
          if (before.score === after.score) expect(before.index).toBeLessThan(after.index);
        }
        expect(index.search('a b', topK)).toEqual(all.slice(0, topK));
      }),
    );
  });

  it('finds nothing in nothing, and nothing for a query without known terms', () => {
    expect(new Bm25Index([]).search('date')).toEqual([]);
    expect(new Bm25Index(['', '']).search('date')).toEqual([]);
    expect(new Bm25Index(['a date']).search('the of ???')).toEqual([]);
  });

  it('finds declarations of the TypeScript library by words of their names', () => {
    const library = createRequire(import.meta.url).resolve('typescript/lib/lib.es5.d.ts');
    const chunks = readFileSync(library, 'utf8')
      .replaceAll('\r', '')
      .split(/\n\s*\n/);
    const index = new Bm25Index(chunks);
    const [top] = index.search('encode a URI component', 1);
    expect(chunks[top?.index ?? -1]).toMatch(/(?:en|de)codeURIComponent/);
  });
});
