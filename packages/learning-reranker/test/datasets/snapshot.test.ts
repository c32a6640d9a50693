import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  buildSnapshot,
  findSnapshot,
  listSnapshots,
  readSnapshot,
  SnapshotError,
} from '../../src/datasets/index.js';
import { makeRecord } from './queries.js';

const corpus = ['one', 'two'].map((id) => ({
  id,
  text: `text of ${id}`,
  doc_path_rel: `${id}.ts`,
  repo_slug: 'app',
}));
const records = Array.from({ length: 60 }, (_, index) =>
  makeRecord(`question ${index}`, `answer ${index}`, ['text of one'], {
    source: index % 2 === 0 ? 'code' : 'triplets',
  }),
);
const input = { records, corpus };

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'datasets-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

/** Changes one letter of a file without changing its length. */
async function changeOneByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf('question');
  bytes[at] = 'Q'.charCodeAt(0);
  await writeFile(path, bytes);
}

describe('a dataset', () => {
  it('is read as it was built, with its counts', async () => {
    const { path, manifest, reused } = await buildSnapshot(dataDir, input);
    const { train, corpus: documents, evaluation } = await readSnapshot(path);
    expect(reused).toBe(false);
    expect(train.length + evaluation.length).toBe(60);
    expect(train).toEqual(
      expect.arrayContaining([records.find(({ query }) => query === train[0]?.query)]),
    );
    expect(documents).toHaveLength(62);
    expect(manifest.counts).toEqual({
      train: train.length,
      dev: evaluation.filter(({ split }) => split === 'dev').length,
      test: evaluation.filter(({ split }) => split === 'test').length,
      corpus: 62,
    });
    expect(manifest.sources).toEqual({ code: 30, triplets: 30 });
  });

  it('built several times at once is written once', async () => {
    const built = await Promise.all([1, 2, 3].map(() => buildSnapshot(dataDir, input)));
    expect(new Set(built.map(({ manifest }) => manifest.hash)).size).toBe(1);
    expect(built.filter(({ reused }) => !reused)).toHaveLength(1);
    expect(await readdir(join(dataDir, 'datasets'))).toEqual([built[0]?.manifest.hash]);
    expect((await readSnapshot(built[0]?.path ?? '')).corpus).toHaveLength(62);
  });

  it('of the same content is found again, in any order of the input', async () => {
    const first = await buildSnapshot(dataDir, input);
    const second = await buildSnapshot(dataDir, {
      records: records.toReversed(),
      corpus: corpus.toReversed(),
    });
    expect(second).toEqual({ ...first, reused: true });
    expect(await readdir(join(dataDir, 'datasets'))).toEqual([first.manifest.hash]);
  });

  it('has the same hash in another folder', async () => {
    const first = await buildSnapshot(join(dataDir, 'here'), input);
    const second = await buildSnapshot(join(dataDir, 'there'), input);
    expect(second.manifest.hash).toBe(first.manifest.hash);
  });

  it('of more records keeps the split of every query', async () => {
    const first = await readSnapshot((await buildSnapshot(dataDir, input)).path);
    const more = Array.from({ length: 60 }, (_, index) =>
      makeRecord(`another question ${index}`, `another answer ${index}`),
    );
    const grown = await buildSnapshot(dataDir, { records: [...more, ...records], corpus });
    const second = await readSnapshot(grown.path);
    expect(grown.reused).toBe(false);
    const train = new Set(second.train.map(({ query }) => query));
    for (const { query } of first.train) expect(train).toContain(query);
    const splits = new Map(second.evaluation.map(({ query, split }) => [query, split]));
    for (const { query, split } of first.evaluation) expect(splits.get(query)).toBe(split);
  });

  it('counts records by source, whatever the name of the source', async () => {
    const sources = ['constructor', 'toString', 'code'];
    const named = sources.map((source, index) =>
      makeRecord(`question ${index}`, `answer ${index}`, [], { source }),
    );
    const { path } = await buildSnapshot(dataDir, { records: named, corpus });
    const { manifest } = await readSnapshot(path);
    expect(manifest.sources).toEqual({ constructor: 1, toString: 1, code: 1 });
  });

  it('without records is refused with what to do', async () => {
    await expect(buildSnapshot(dataDir, { records: [], corpus })).rejects.toThrow(SnapshotError);
    await expect(buildSnapshot(dataDir, { records: [], corpus })).rejects.toThrow(
      /Run `reranker mine` first/,
    );
    expect(await readdir(dataDir)).toEqual([]);
  });
});

describe('damage', () => {
  it('of one byte is refused with the name of the file', async () => {
    for (const name of ['records.jsonl', 'evaluation.jsonl']) {
      const folder = join(dataDir, name);
      const { path } = await buildSnapshot(folder, input);
      await changeOneByte(join(path, name));
      await expect(readSnapshot(path)).rejects.toThrow(SnapshotError);
      await expect(readSnapshot(path)).rejects.toThrow(`${name} does not match the manifest`);
    }
  });

  it('of the splits stops the next build, since queries would change their split', async () => {
    const { path } = await buildSnapshot(dataDir, input);
    await changeOneByte(join(path, 'splits.jsonl'));
    const building = buildSnapshot(dataDir, { ...input, records: records.slice(1) });
    await expect(building).rejects.toThrow(SnapshotError);
    await expect(building).rejects.toThrow('splits.jsonl does not match the manifest');
  });

  it('includes a missing file', async () => {
    const { path } = await buildSnapshot(dataDir, input);
    await rm(join(path, 'corpus.jsonl'));
    await expect(readSnapshot(path)).rejects.toThrow(/corpus\.jsonl is missing/);
  });

  it('of a manifest is reported and hides no other dataset', async () => {
    const first = await buildSnapshot(dataDir, input);
    const second = await buildSnapshot(dataDir, { ...input, records: records.slice(1) });
    const manifest = join(second.path, 'manifest.json');
    for (const text of ['{ "version": 1', '{}', '{ "version": 2 }']) {
      await writeFile(manifest, text);
      await expect(readSnapshot(second.path)).rejects.toThrow(SnapshotError);
      await expect(readSnapshot(second.path)).rejects.toThrow(manifest);
    }
    expect((await listSnapshots(dataDir)).map(({ path }) => path)).toEqual([first.path]);
  });
});

describe('finding a dataset', () => {
  it('returns the newest, or the one whose hash starts with the prefix', async () => {
    const first = await buildSnapshot(dataDir, input);
    const second = await buildSnapshot(dataDir, { ...input, records: records.slice(1) });
    expect((await listSnapshots(dataDir)).map(({ path }) => path)).toEqual([
      second.path,
      first.path,
    ]);
    expect((await findSnapshot(dataDir)).path).toBe(second.path);
    const beginning = first.manifest.hash.slice(0, 8);
    expect((await findSnapshot(dataDir, beginning)).path).toBe(first.path);
  });

  it('lists all datasets if no hash starts with the prefix', async () => {
    const { manifest } = await buildSnapshot(dataDir, input);
    await expect(findSnapshot(dataDir, 'xyz')).rejects.toThrow(manifest.hash);
  });

  it('refuses an ambiguous prefix and an empty folder', async () => {
    await expect(findSnapshot(dataDir)).rejects.toThrow(
      /Run `reranker dataset build` to build one/,
    );
    await buildSnapshot(dataDir, input);
    await buildSnapshot(dataDir, { ...input, records: records.slice(1) });
    await expect(findSnapshot(dataDir, '')).rejects.toThrow(/several datasets/);
  });
});
