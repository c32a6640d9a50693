import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MinedFiles, minedFiles, readMined, storeMined } from '../../src/mining/store.js';
import type { TrainingRecord } from '../../src/records/training-record.js';

let folder: string;
let files: MinedFiles;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mined-'));
  files = minedFiles(folder, null);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const record = (source: string, query: string): TrainingRecord => ({
  schema_version: 2,
  query,
  positive: { text: `answers ${query}`, doc_path_rel: '', repo_slug: '' },
  negatives: [],
  source,
});

it('keeps the data of several minings at once', async () => {
  const queries = Array.from({ length: 8 }, (_, at) => `q${at}`);
  await Promise.all([
    ...queries.map((query) =>
      storeMined(files, 'code', { records: [record('code', query)] }, 'append'),
    ),
    storeMined(files, 'feedback', { records: [record('feedback', 'clicked')] }, 'replace'),
  ]);
  const { records } = await readMined(files);
  expect(records.map(({ query }) => query).sort()).toEqual(['clicked', ...queries]);
  expect((await readdir(folder)).sort()).toEqual(['corpus', 'triplets.jsonl']);
});

it('adds no record twice, also not to a file with malformed lines', async () => {
  await writeFile(files.records, '{"torn\n');
  const records = ['a', 'b', 'a'].map((query) => record('code', query));
  for (let times = 0; times < 3; times++) await storeMined(files, 'code', { records }, 'append');
  const lines = (await readFile(files.records, 'utf8')).trimEnd().split('\n');
  expect(lines).toEqual(['{"torn', JSON.stringify(records[0]), JSON.stringify(records[1])]);
});
