import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBeir, writeBeir } from '../../src/exchange/beir.js';
import { readJudgmentCsv, writeJudgmentCsv } from '../../src/exchange/judgment-csv.js';
import { FormatError } from '../../src/exchange/lines.js';
import { readTriples, writeTriples } from '../../src/exchange/ms-marco.js';
import { readSbert, writeSbert } from '../../src/exchange/sbert.js';
import { readQrels, readRun, writeQrels, writeRun } from '../../src/exchange/trec.js';
import type { TrainingRecord } from '../../src/records/training-record.js';

const textOf = (lines: Iterable<string>) => [...lines].join('');
async function all<Row>(rows: AsyncIterable<{ readonly value: Row }>): Promise<Row[]> {
  const read: Row[] = [];
  for await (const { value } of rows) read.push(value);
  return read;
}
/** A text in portions of any size, as a stream would give it. */
const inPortions = (text: string, size: number) =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
    text.slice(at * size, (at + 1) * size),
  );

/** The contents of all cells as RFC 4180 has them: a comma within quotes begins no cell. */
const cellsOf = (csv: string) =>
  [...csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r\n)/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare,
  );

const id = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.constantFrom('src/My File.ts:1-20', '50%25off', '%20', '%', '=1+1', "'=a", "'", 'tab\there'),
);
const said = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => /\S/.test(text));
const grade = fc.integer({ min: -2, max: 3 });
const size = fc.integer({ min: 1, max: 40 });
const judged = fc.record({ queryId: id, documentId: id, grade });

describe('files that are written and read again are the same', () => {
  it('qrels with any characters in ids', async () => {
    const property = fc.asyncProperty(fc.array(judged), size, async (pairs, portion) => {
      const text = textOf(writeQrels(pairs));
      for (const line of text.split('\n').slice(0, -1)) expect(line.split(/\s+/)).toHaveLength(4);
      expect(await all(readQrels(inPortions(text, portion)))).toEqual(pairs);
    });
    await fc.assert(property);
  });

  it('runs', async () => {
    const documents = fc.array(
      fc.record({
        queryId: id,
        documentId: id,
        rank: fc.integer({ min: 1, max: 1000 }),
        score: fc.double({ noNaN: true, noDefaultInfinity: true }).map((score) => score + 0),
        tag: id,
      }),
    );
    const property = fc.asyncProperty(documents, async (ranked) => {
      expect(await all(readRun(textOf(writeRun(ranked))))).toEqual(ranked);
    });
    await fc.assert(property);
  });

  it('judgments as CSV, and none of its cells is a formula', async () => {
    // A query of white space alone is refused wherever searches come in, and when it is read here.
    const query = id.filter((text) => text.trim() !== '');
    const row = fc.record({ query, documentId: id, grade, reason: id });
    const property = fc.asyncProperty(fc.array(row), size, async (rows, portion) => {
      const text = textOf(writeJudgmentCsv(rows));
      for (const cell of cellsOf(text)) expect(cell).not.toMatch(/^[=+@\t\r\n＝＋－＠]/);
      expect(await all(readJudgmentCsv(inPortions(text, portion)))).toEqual(rows);
    });
    await fc.assert(property);
  });

  it('a BEIR folder', async () => {
    const texts = fc.uniqueArray(
      fc.record({ id: id.map((one) => one.replace(/\s/g, '_')), text: said }),
      { selector: (one) => one.id },
    );
    const pairs = fc.array(
      judged.map((one) => ({
        ...one,
        queryId: one.queryId.replace(/\s/g, '_'),
        documentId: one.documentId.replace(/\s/g, '_'),
      })),
    );
    const set = fc.record({ corpus: texts, queries: texts, qrels: fc.record({ test: pairs }) });
    const property = fc.asyncProperty(set, async (written) => {
      const folder = await mkdtemp(join(tmpdir(), 'beir-'));
      try {
        await writeBeir(folder, written);
        expect(await readBeir(folder)).toEqual(written);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
    await fc.assert(property, { numRuns: 20 });
  });

  const place = { doc_path_rel: '', repo_slug: '' };
  const records = (text: fc.Arbitrary<string>) =>
    fc
      .uniqueArray(
        fc.record({
          query: text,
          positive: text.map((value) => ({ text: value, ...place })),
          negatives: fc.uniqueArray(
            text.map((value) => ({ text: value, ...place })),
            { minLength: 1, maxLength: 3, selector: (document) => document.text },
          ),
        }),
        { selector: ({ query }) => query },
      )
      .map((all) => all.map((one): TrainingRecord => ({ ...one, schema_version: 2, source: 's' })));
  const content = (all: readonly TrainingRecord[]) =>
    all.map(({ query, positive, negatives }) => ({ query, positive, negatives }));

  it('MS MARCO triples, white space aside', async () => {
    const oneLine = said.map((text) => text.replace(/\s+/g, ' ').trim());
    const property = fc.asyncProperty(records(oneLine), size, async (written, portion) => {
      const text = textOf(writeTriples(written));
      expect(content(await all(readTriples(inPortions(text, portion))))).toEqual(content(written));
    });
    await fc.assert(property);
  });

  it('labelled pairs for SBERT', async () => {
    const property = fc.asyncProperty(records(said), async (written) => {
      const text = textOf(writeSbert(written, 'labelled-pairs'));
      expect(content(await all(readSbert(text)))).toEqual(content(written));
    });
    await fc.assert(property);
  });

  it('labelled pairs for SBERT, each once when relevant documents of a query share negatives', async () => {
    const document = (text: string) => ({ text, ...place });
    const record = (answer: string, negatives: string[]): TrainingRecord => ({
      schema_version: 2,
      query: 'q',
      positive: document(answer),
      negatives: negatives.map(document),
      source: 'sbert',
    });
    const text = textOf(
      writeSbert([record('a', ['n', 'm']), record('b', ['m', 'n'])], 'labelled-pairs'),
    );
    const rows = text.trim().split('\n');
    expect(rows.map((row) => Object.values(JSON.parse(row)).join(' '))).toEqual([
      'q a 1',
      'q n 0',
      'q m 0',
      'q b 1',
    ]);
    const read = await all(readSbert(text));
    expect(read.map(({ positive }) => positive.text)).toEqual(['a', 'b']);
    for (const { negatives } of read) {
      expect(negatives.map(({ text }) => text)).toEqual(['n', 'm']);
    }
  });

  it('tuples for SBERT, with the same columns in every row', async () => {
    const property = fc.asyncProperty(records(said), async (written) => {
      const text = textOf(writeSbert(written, 'tuples'));
      const rows = text.split('\n').slice(0, -1);
      expect(new Set(rows.map((row) => Object.keys(JSON.parse(row)).join())).size).toBeLessThan(2);
      const read = await all(readSbert(text));
      expect(read.map(({ positive }) => positive)).toEqual(written.map(({ positive }) => positive));
      for (const [at, { negatives }] of read.entries()) {
        expect(written[at]?.negatives.slice(0, negatives.length)).toEqual(negatives);
      }
    });
    await fc.assert(property);
  });
});

it('tuples with scores for MarginMSELoss: one score a document, records without scores left out', async () => {
  const document = (text: string) => ({ text, doc_path_rel: '', repo_slug: '' });
  const record = (query: string, negatives: string[], scores?: number[]): TrainingRecord => ({
    schema_version: 2,
    query,
    positive: document(`answer to ${query}`),
    negatives: negatives.map(document),
    source: 'sbert',
    ...(scores && { teacher_scores: scores }),
  });
  const scored = record('a', ['b', 'c'], [2.5, 1, -3]);
  const text = textOf(writeSbert([scored, record('unscored', ['d', 'e'])], 'scored-tuples'));
  // As datasets' own columns stand in the documentation of MarginMSELoss.
  expect(text).toBe(
    '{"query":"a","positive":"answer to a","negative_1":"b","negative_2":"c","scores":[2.5,1,-3]}\n',
  );
  expect(await all(readSbert(text))).toEqual([scored]);
  const poorer = record('z', ['y'], [1, 0]);
  const rows = textOf(writeSbert([scored, poorer], 'scored-tuples'))
    .trim()
    .split('\n');
  expect(rows.map((row) => JSON.parse(row).scores)).toEqual([
    [2.5, 1],
    [1, 0],
  ]);
});

describe('files of other tools', () => {
  it('of SBERT may have any column names: the order of the columns counts', async () => {
    const rows = [
      { anchor: 'q', positive: 'p', negative: 'n' },
      { sentence1: 'r', sentence2: 'p', score: 0.9 },
      { score: 0.1, sentence1: 'r', sentence2: 'm' },
      { label: 1, document: 'p', query: 's' },
    ];
    const read = await all(readSbert(rows.map((row) => JSON.stringify(row)).join('\n')));
    const told = read.map(({ query, positive, negatives }) => [
      query,
      positive.text,
      ...negatives.map(({ text }) => text),
    ]);
    expect(told).toEqual([
      ['q', 'p', 'n'],
      ['r', 'p', 'm'],
      ['s', 'p'],
    ]);
  });

  it.each([
    ['qrels', readQrels, ['1 0 d1 2', 'bad', '1 0 d2 x', '2 0 d3 1'], [2, 3]],
    ['a run', readRun, ['1 Q0 d 1 2 t', '1 Q0 d', '2 Q0 d 1 2 t'], [2]],
    ['CSV', readJudgmentCsv, ['grade,query,docid', '1,q,d', '"x"y,q,d', ',q,d', '2,r,d'], [3, 4]],
    ['triples', readTriples, ['q\tp\tn', 'q', 'r\tp\tn'], [2]],
    ['SBERT', readSbert, ['{"query":"q","positive":"p"}', '{', '{"a":"r","b":"p"}'], [2]],
  ] as const)('%s can be read past what is malformed, each named by its line', async (...given) => {
    const [, read, lines, bad] = given;
    const malformed: number[] = [];
    const options = { onMalformed: ({ line }: { line: number }) => malformed.push(line) };
    const rows = read([...lines].join('\n'), options) as AsyncIterable<{ value: unknown }>;
    expect(await all(rows)).toHaveLength(2);
    expect(malformed).toEqual(bad);
  });

  it('may have blank lines, CRLF, byte order marks and other header names', async () => {
    expect(await all(readQrels('\ufeff1 0 d1 2\r\n\r\n1\t0\td2\t0\r\n'))).toEqual([
      { queryId: '1', documentId: 'd1', grade: 2 },
      { queryId: '1', documentId: 'd2', grade: 0 },
    ]);
    const csv = '\ufeffquery,doc_id,rating\r\n"say ""hi"", twice",d1,3\r\n\r\nplain,d2,0';
    expect(await all(readJudgmentCsv(csv))).toEqual([
      { query: 'say "hi", twice', documentId: 'd1', grade: 3 },
      { query: 'plain', documentId: 'd2', grade: 0 },
    ]);
  });

  it.each([
    ['qrels', () => all(readQrels('1 0 d1 2\n1 0 d2'))],
    ['qrels', () => all(readQrels('1 0 d1 2\n1 0 d2 good'))],
    ['a run', () => all(readRun('1 Q0 d1 1 0.5 me\n1 Q0 d1 1 0.5'))],
    ['CSV', () => all(readJudgmentCsv('grade,query,docid\n,q,d'))],
    ['triples', () => all(readTriples('q\tp\tn\nq\tp'))],
    ['SBERT rows', () => all(readSbert('{"query":"q","positive":"p"}\n{"query":"q"}'))],
  ])('that are no %s are refused by line, without quoting them', async (_name, read) => {
    await expect(read()).rejects.toThrow(FormatError);
    await expect(read()).rejects.toMatchObject({ line: 2 });
    await expect(read()).rejects.toThrow(/^line 2: (?!.*good)/);
  });

  it('a CSV without its columns, or with a quote left open, is refused', async () => {
    await expect(all(readJudgmentCsv('a,b\n1,2'))).rejects.toThrow('grade, query and docid');
    await expect(all(readJudgmentCsv('grade,query,docid\n1,"q,d'))).rejects.toThrow('not closed');
  });

  it('qrels refuse values that they cannot hold', () => {
    expect(() => textOf(writeQrels([{ queryId: '', documentId: 'd', grade: 1 }]))).toThrow(
      FormatError,
    );
    expect(() => textOf(writeQrels([{ queryId: 'q', documentId: 'd', grade: 0.5 }]))).toThrow(
      FormatError,
    );
  });
});

it("BEIR files have BEIR's column names", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'beir-'));
  await writeBeir(folder, {
    corpus: [{ id: 'd', text: 't' }],
    queries: [{ id: 'q', text: 'u' }],
    qrels: { test: [{ queryId: 'q', documentId: 'd', grade: 1 }] },
  });
  expect(await readFile(join(folder, 'qrels/test.tsv'), 'utf8')).toBe(
    'query-id\tcorpus-id\tscore\nq\td\t1\n',
  );
  expect(await readFile(join(folder, 'corpus.jsonl'), 'utf8')).toBe(
    '{"_id":"d","title":"","text":"t"}\n',
  );
  await rm(folder, { recursive: true });
});
