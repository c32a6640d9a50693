import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTriplets } from '../../src/exchange/triplets.js';
import { commonRoot, relativeTo, splitDocumentId } from '../../src/records/document-paths.js';
import { trainingRecordSchema } from '../../src/records/training-record.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'triplets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function fileOf(...rows: unknown[]): Promise<string> {
  const path = join(folder, `${files++}.jsonl`);
  const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)));
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

const row = (more: object = {}) => ({
  query: 'where is the retry policy',
  positive_text: 'export function retry() {}',
  positive_doc_id: '/home/me/repo/src/retry.ts:10-40',
  negative_texts: ['export function login() {}', 'export function logout() {}'],
  negative_doc_ids: ['/home/me/repo/src/auth/login.ts:1-20', '/home/me/repo/docs/logout.md:5-9'],
  source_event_id: 'event-1',
  ...more,
});

describe('importing triplets', () => {
  it('turns a row of version 1 into a record with relative paths', async () => {
    const { records, counts, root } = await importTriplets(await fileOf(row()));
    expect(root).toBe('/home/me/repo');
    expect(counts).toMatchObject({ migrated: 1, kept: 0, idsMadeRelative: 3, idsOutsideRoot: 0 });
    expect(records).toEqual([
      {
        schema_version: 2,
        query: 'where is the retry policy',
        positive: {
          text: 'export function retry() {}',
          doc_path_rel: 'src/retry.ts',
          repo_slug: 'repo',
          reason: 'positive of an imported triplet, lines 10-40',
        },
        negatives: [
          {
            text: 'export function login() {}',
            doc_path_rel: 'src/auth/login.ts',
            repo_slug: 'repo',
            reason: 'negative of an imported triplet, lines 1-20',
          },
          {
            text: 'export function logout() {}',
            doc_path_rel: 'docs/logout.md',
            repo_slug: 'repo',
            reason: 'negative of an imported triplet, lines 5-9',
          },
        ],
        source: 'triplets',
        source_event_id: 'event-1',
      },
    ]);
  });

  it('gives records that are the same after writing and reading', async () => {
    const first = await importTriplets(
      await fileOf(row(), row({ query: 'another', source: 'golden' })),
    );
    const again = await importTriplets(await fileOf(...first.records));
    expect(again.records).toEqual(first.records);
    expect(again.counts).toMatchObject({ migrated: 0, kept: 2 });
    for (const record of again.records) expect(trainingRecordSchema.parse(record)).toEqual(record);
  });

  it('accepts lists of negatives and ids of different lengths', async () => {
    const path = await fileOf(
      row({ negative_doc_ids: [] }),
      row({ query: 'fewer texts', negative_texts: ['one'] }),
      row({ query: 'no negatives', negative_texts: null, negative_doc_ids: undefined }),
      row({
        query: 'empty ones',
        negative_texts: ['', 'export function retry() {}', 'x', 'x', null],
      }),
    );
    const { records, counts } = await importTriplets(path);
    expect(records.map(({ negatives }) => negatives.length)).toEqual([2, 1, 0, 1]);
    expect(records[0]?.negatives[0]?.doc_path_rel).toBe('');
    expect(counts).toMatchObject({
      migrated: 4,
      negativesWithoutId: 3,
      negativesWithoutText: 3,
      negativesRepeated: 2,
    });
  });

  it('drops rows without query or positive and repeated rows, and counts them', async () => {
    const path = await fileOf(
      row({ query: ' ' }),
      row({ positive_text: '' }),
      row(),
      row({ query: 'Where is the retry policy?' }),
      '{"query": "torn',
      { hello: 'world' },
      row({ query: 'NUL \0 and \ud800' }),
    );
    const { records, counts, malformed } = await importTriplets(path);
    expect(records.map(({ query }) => query)).toEqual([
      'where is the retry policy',
      'NUL  and \ufffd',
    ]);
    expect(counts).toMatchObject({ emptyQuery: 1, emptyPositive: 1, duplicates: 1, migrated: 2 });
    expect(malformed.map(({ line }) => line)).toEqual([5, 6]);
    expect(malformed[1]?.problem).toContain('positive_text');
    await expect(importTriplets(path, { strict: true })).rejects.toMatchObject({ line: 5 });
  });

  it('finds the root although one row is outside it, and keeps only the file name of that row', async () => {
    const rows = Array.from({ length: 9 }, (_, at) => row({ query: `question ${at}` }));
    const stray = { query: 'foo', positive_text: 'bar', positive_doc_id: '/path/file.py' };
    const { records, counts, root } = await importTriplets(await fileOf(...rows, stray));
    expect(root).toBe('/home/me/repo');
    expect(counts.idsOutsideRoot).toBe(1);
    expect(records.at(-1)?.positive).toMatchObject({ doc_path_rel: 'file.py', repo_slug: '' });
    expect(JSON.stringify(records)).not.toContain('/home/');
  });

  it('uses the root that is given', async () => {
    const options = { root: '/home/me/', repoSlug: 'mine' };
    const { records } = await importTriplets(await fileOf(row()), options);
    expect(records[0]?.positive).toMatchObject({
      doc_path_rel: 'repo/src/retry.ts',
      repo_slug: 'mine',
    });
  });
});

describe('document ids', () => {
  it.each([
    ['/home/me/a.ts:10-40', { path: '/home/me/a.ts', lines: '10-40' }],
    ['src/a.ts:7', { path: 'src/a.ts', lines: '7' }],
    ['C:\\Users\\me\\a.ts:1-2', { path: 'C:/Users/me/a.ts', lines: '1-2' }],
    ['file:///home/me/a.ts', { path: '/home/me/a.ts' }],
    ['README', { path: 'README' }],
  ])('%s is split into path and lines', (id, place) => {
    expect(splitDocumentId(id)).toEqual(place);
  });

  it('share a root above folders that are part of every repository', () => {
    expect(commonRoot(['/home/me/repo/src/a.ts', '/home/me/repo/src/b/c.ts'])).toBe(
      '/home/me/repo',
    );
    expect(commonRoot(['C:/me/repo/a.ts', 'C:/me/repo/b.ts'])).toBe('C:/me/repo');
    expect(commonRoot(['src/a.ts'])).toBeUndefined();
    expect(commonRoot(['/a/x.ts', '/b/y.ts', '/c/z.ts'])).toBeUndefined();
    expect(commonRoot([])).toBeUndefined();
  });

  it('are never absolute', () => {
    expect(relativeTo(undefined, '/home/me/a.ts')).toEqual({ path: 'a.ts', inside: false });
    expect(relativeTo('/home/me', '/home/medium/a.ts')).toEqual({ path: 'a.ts', inside: false });
    expect(relativeTo('/home/me/', '/home/me/a.ts')).toEqual({ path: 'a.ts', inside: true });
    expect(relativeTo('/home/me', './src/a.ts')).toEqual({ path: 'src/a.ts', inside: true });
  });
});
