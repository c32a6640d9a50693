import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunkFile } from '../../src/mining/chunks.js';
import { distinctDocuments, readCorpus } from '../../src/mining/corpus.js';
import { minedFiles, storeMined } from '../../src/mining/store.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const documentOf = (id: string, text: string) => ({
  id,
  text,
  doc_path_rel: id,
  repo_slug: 'repo',
});

describe('the corpus', () => {
  it('holds each text once and maps a copy to the document that is kept', () => {
    const all = [documentOf('a', 'x  y'), documentOf('b', 'x\ny '), documentOf('c', 'z')];
    const { documents, standsFor } = distinctDocuments([...all, documentOf('a', 'other')]);
    expect(documents.map(({ id }) => id)).toEqual(['a', 'c']);
    expect([...standsFor]).toEqual([['b', 'a']]);
  });

  it('is written and read back, without additional fields', async () => {
    const files = minedFiles(folder, null);
    const documents = [documentOf('a', 'one'), documentOf('b', 'two')];
    const corpus = documents.map((document) => ({ ...document, hasQuery: true }));
    await storeMined(files, 'code', { corpus }, 'replace');
    const read = await readCorpus(files.corpora.code, { strict: true });
    expect(read).toEqual({ values: documents, malformed: [] });
  });
});

describe('chunks of a file', () => {
  const library = createRequire(import.meta.url).resolve('typescript/lib/lib.es5.d.ts');
  const fixture = (name: string) =>
    fileURLToPath(new URL(`./fixtures/code/${name}`, import.meta.url));
  const squeeze = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, '');
  const fileOf = (path: string) => ({ path, doc_path_rel: 'file', repo_slug: 'repo' });

  it.each([library, fixture('dates.ts'), fixture('text.py'), fixture('Money.java')])(
    'hold all of %s once, in order and within the limit',
    async (path) => {
      for (const maximum of [200, 2000]) {
        const chunks = (await chunkFile(fileOf(path), maximum)) ?? [];
        const source = await readFile(path, 'utf8');
        expect(squeeze(chunks.map(({ text }) => text).join(''))).toBe(squeeze(source));
        for (const { text } of chunks) expect(text.length).toBeLessThanOrEqual(maximum);
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
      }
    },
  );

  it('keep a declaration that fits together with its documentation', async () => {
    const chunks = (await chunkFile(fileOf(fixture('dates.ts')), 500)) ?? [];
    const parse = chunks.find(({ text }) => text.includes('function parseCalendarDate'));
    expect(parse?.text).toMatch(/^\/\*\*\n \* Parses a calendar date/);
    expect(parse?.text).toMatch(/\}$/);
  });

  it('begin at the headings of Markdown, but not at comments in its code', async () => {
    const path = join(folder, 'guide.md');
    await writeFile(path, '# One\ntext\n```sh\n# no heading\n```\n## Two\ntext 😀\n');
    const chunks = (await chunkFile(fileOf(path))) ?? [];
    expect(chunks.map(({ text }) => text)).toEqual([
      '# One\ntext\n```sh\n# no heading\n```',
      '## Two\ntext 😀',
    ]);
    expect(chunks.map(({ id }) => id)).toEqual(['repo/file:1-5', 'repo/file:6-7']);
  });

  it('never split a code point in a long line', async () => {
    const path = join(folder, 'emoji.txt');
    await writeFile(path, `a${'😀'.repeat(3000)}`);
    const chunks = (await chunkFile(fileOf(path), 101)) ?? [];
    for (const { text } of chunks) expect(text.isWellFormed()).toBe(true);
  });
});
