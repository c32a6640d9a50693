import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readQueries } from '../../src/exchange/beir.js';
import { FormatError } from '../../src/exchange/lines.js';
import { msMarco } from '../../src/exchange/ms-marco.js';
import { sbert } from '../../src/exchange/sbert.js';
import { mineBeir } from '../../src/mining/sources/beir.js';
import { mineRecordFile } from '../../src/mining/sources/record-file.js';
import { corpusDocumentSchema, trainingRecordSchema } from '../../src/records/training-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collections-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = async (name: string, lines: readonly string[]) => {
  const path = join(folder, name);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
};
const rows = (all: readonly object[]) => all.map((row) => JSON.stringify(row));

describe('a BEIR folder', () => {
  /** As BEIR's own are: documents without a title or a text, a query that nobody judged, a document that is not there. */
  async function collection() {
    await mkdir(join(folder, 'tiny/qrels'), { recursive: true });
    await file('tiny/corpus.jsonl', [
      ...rows([
        { _id: '1', title: 'Wings', text: 'lift of a thin wing in slipstream', metadata: {} },
        { _id: '/data/2', title: '', text: 'heat flow in a boundary layer' },
        { _id: '3', title: '', text: '' },
        { _id: '4', text: 'lift of a wing when it is wet' },
        { _id: '5', title: '', text: 'buckling of shells under pressure' },
      ]),
    ]);
    await file('tiny/queries.jsonl', [
      ...rows([
        { _id: 'q1', text: 'what lifts a wing' },
        { _id: 'q2', text: 'heat in a layer' },
        { _id: 'q3', text: 'never judged' },
      ]),
    ]);
    const header = 'query-id\tcorpus-id\tscore';
    await file('tiny/qrels/train.tsv', [header, 'q1\t1\t1', 'q1\t5\t0', 'q1\t3\t1']);
    await file('tiny/qrels/test.tsv', [header, 'q2\t/data/2\t2', 'q2\tgone\t1', 'q2\t5\t0']);
    return join(folder, 'tiny');
  }

  it('gives records of train, samples of test and its corpus', async () => {
    const mined = await mineBeir(await collection());
    expect(mined.samples).toEqual([{ query: 'heat in a layer', relevant: { 'tiny//data/2': 2 } }]);
    expect(mined.records).toMatchObject([
      {
        query: 'what lifts a wing',
        positive: { text: 'Wings\nlift of a thin wing in slipstream' },
      },
    ]);
    const [record] = mined.records;
    expect(record?.negatives[0]?.text).toBe('lift of a wing when it is wet');
    expect(record?.negatives[0]?.reason).toContain('BM25 rank');
    expect(mined.corpus.map(({ id }) => id)).toEqual([
      'tiny/1',
      'tiny//data/2',
      'tiny/4',
      'tiny/5',
    ]);
    expect(mined.without_text).toBe(2);
    for (const one of mined.records) expect(trainingRecordSchema.parse(one)).toEqual(one);
    for (const one of mined.corpus) expect(corpusDocumentSchema.parse(one)).toEqual(one);
  });

  it('is refused by file and line when it is damaged, and when it is not a BEIR folder', async () => {
    const path = await collection();
    await file('tiny/qrels/dev.tsv', ['query-id\tcorpus-id\tscore', 'q2 1 1']);
    await expect(mineBeir(path)).rejects.toThrow(/qrels\/dev.tsv, line 2: expected query id/);
    await rm(join(path, 'qrels'), { recursive: true });
    await expect(mineBeir(path)).rejects.toThrow(/is not a BEIR folder/);
  });
});

describe('files of records', () => {
  it('of MS MARCO give each positive with all its negatives, and list malformed lines', async () => {
    const path = await file('triples.tsv', ['q\tyes\tno', 'q\tyes\tnever', 'q\tyes', 'r\tso\tno']);
    const { records, corpus, malformed } = await mineRecordFile(path, msMarco);
    const told = records.map(({ query, positive, negatives }) => [
      query,
      positive.text,
      ...negatives.map(({ text }) => text),
    ]);
    expect(told).toEqual([
      ['q', 'yes', 'no', 'never'],
      ['r', 'so', 'no'],
    ]);
    expect(corpus.map(({ text }) => text).sort()).toEqual(['never', 'no', 'so', 'yes']);
    expect(malformed).toMatchObject([{ line: 3 }]);
    for (const one of records) expect(trainingRecordSchema.parse(one)).toEqual(one);
  });

  it('fail with the first problems when no record can be read', async () => {
    const path = await file('rows.jsonl', [
      '{',
      '[]',
      '{"query": "q"}',
      '{"query": " ", "a": "b"}',
    ]);
    await expect(mineRecordFile(path, sbert)).rejects.toThrow(
      /no record of the format sbert, 4 lines are malformed \(line 1: .*; line 2: .*; line 3: .*\)/,
    );
    await expect(mineRecordFile(join(folder, 'no'), sbert)).rejects.toThrow(/does not exist/);
    await writeFile(path, Buffer.from([0x61, 0xff, 0xfe, 0x0a]));
    await expect(mineRecordFile(path, sbert)).rejects.toThrow(/is not UTF-8 text/);
  });
});

describe('texts of queries', () => {
  it('are read in the formats of BEIR and of MS MARCO, in UTF-16 too', async () => {
    const expected = new Map([['7', 'seven days']]);
    expect(await readQueries(await file('a', ['{"_id": 7, "text": "seven days"}']))).toEqual(
      expected,
    );
    expect(await readQueries(await file('b', ['7\tseven days', '']))).toEqual(expected);
    const path = join(folder, 'c');
    await writeFile(path, Buffer.from('\ufeff7\tseven days\r\n', 'utf16le'));
    expect(await readQueries(path)).toEqual(expected);
  });

  it('are refused by line in any other format', async () => {
    const path = await file('a', ['7\tseven', 'eight']);
    await expect(readQueries(path)).rejects.toThrow(FormatError);
    await expect(readQueries(path)).rejects.toThrow(/a, line 2: expected a JSON object/);
  });
});
