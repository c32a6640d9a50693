import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { mineNegatives, recordsOfPairs } from '../../src/mining/negatives.js';
import { type MinedCode, mineCode } from '../../src/mining/sources/code.js';
import { type CorpusDocument, trainingRecordSchema } from '../../src/records/training-record.js';

const documentOf = (id: string, text: string, doc_path_rel = `${id}.ts`): CorpusDocument => ({
  id,
  text,
  doc_path_rel,
  repo_slug: 'repo',
});

const CORPUS = [
  documentOf('parse', 'function parseDate(text) { return new Date(text) }'),
  documentOf('copy', 'function parseDate(text) { return new Date(text); }'),
  documentOf('format', 'function formatDate(date) { return date.toISOString() }'),
  documentOf('now', 'function currentDate() { return clock.now() }'),
  documentOf('sort', 'function sortNames(names) { return names.sort() }'),
  documentOf('sum', 'function sumUp(numbers) { return numbers.reduce(add) }'),
];
const at = (index: number) => CORPUS[index] as CorpusDocument;

describe('negatives', () => {
  it('are the highest ranked documents that are not relevant, with rank and score', () => {
    const [negatives = []] = mineNegatives([{ query: 'parse a date', document: at(0) }], CORPUS, {
      numNegatives: 2,
      numRandomNegatives: 1,
    });
    expect(
      negatives
        .slice(0, 2)
        .map(({ text }) => text)
        .sort(),
    ).toEqual([at(2).text, at(3).text].sort());
    expect(negatives[0]?.reason).toMatch(/^BM25 rank 3 for this query, score \d+\.\d$/);
    expect(negatives[2]?.reason).toBe('random document of the corpus');
  });

  it('never include a relevant document of the same query in any spelling, or its near duplicate', () => {
    const pairs = [
      { query: 'Parse a date!', document: at(0) },
      { query: 'parse a DATE', document: at(2) },
    ];
    for (const negatives of mineNegatives(pairs, CORPUS, { numNegatives: 10 })) {
      const texts = negatives.map(({ text }) => text);
      expect(texts).toHaveLength(3);
      for (const answer of [0, 1, 2]) expect(texts).not.toContain(at(answer).text);
    }
  });

  it('never include a document that contains a relevant one or is part of it', () => {
    const whole = documentOf('whole', `class Dates { ${at(0).text} ${at(2).text} }`, 'dates.ts');
    const part = documentOf('part', at(0).text, 'dates.ts');
    const elsewhere = documentOf('elsewhere', `${whole.text} elsewhere`, 'other.ts');
    const pairs = [{ query: 'parse a date', document: part }];
    const [negatives = []] = mineNegatives(pairs, [whole, part, elsewhere]);
    expect(negatives.map(({ text }) => text)).toEqual([elsewhere.text]);
  });

  it('skip the first ranks with rangeMin', () => {
    const options = { numNegatives: 1, numRandomNegatives: 0, rangeMin: 3 };
    const pairs = [{ query: 'parse a date', document: at(0) }];
    const [negatives = []] = mineNegatives(pairs, CORPUS, options);
    expect(negatives[0]?.reason).toMatch(/^BM25 rank 4 /);
  });

  it('do not depend on the order of the pairs, and the random ones on the seed', () => {
    const pairs = CORPUS.slice(2).map((document) => ({ query: `about ${document.id}`, document }));
    const of = (seed: number, order = pairs) => {
      const mined = [
        ...mineNegatives(order, CORPUS, { numNegatives: 0, numRandomNegatives: 2, seed }),
      ];
      return new Map(order.map(({ query }, place) => [query, mined[place]]));
    };
    expect(of(1, [...pairs].reverse())).toEqual(new Map([...of(1)].reverse()));
    expect(of(1)).toEqual(of(1));
    expect(new Set([1, 2, 3, 4].map((seed) => JSON.stringify([...of(seed)]))).size).toBeGreaterThan(
      1,
    );
  });

  it('are fewer when the corpus has no more documents', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 8 }),
        (size, wanted) => {
          const corpus = CORPUS.slice(0, size);
          const pairs = [{ query: 'parse a date', document: at(0) }];
          const [negatives = []] = mineNegatives(pairs, corpus, { numNegatives: wanted });
          expect(negatives.length).toBeLessThanOrEqual(Math.min(wanted + 1, Math.max(size - 1, 0)));
          expect(new Set(negatives.map(({ text }) => text)).size).toBe(negatives.length);
        },
      ),
    );
  });
});

describe('records of mined code', () => {
  let mined: MinedCode;
  beforeAll(async () => {
    mined = await mineCode([fileURLToPath(new URL('./fixtures/code', import.meta.url))]);
  });

  it('fit the schema and give the reason for every document', () => {
    const options = { source: 'code', positiveReason: 'the declaration this sentence documents' };
    const records = [...recordsOfPairs(mined.pairs, mined.corpus, options)];
    expect(records).toHaveLength(mined.pairs.length);
    for (const record of records) {
      expect(trainingRecordSchema.parse(record)).toEqual(record);
      expect(record.negatives).toHaveLength(4);
      for (const { reason } of [record.positive, ...record.negatives]) expect(reason).toBeTruthy();
    }
  });
});
