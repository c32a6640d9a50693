import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunkFile } from '../../src/mining/chunks.js';
import { languages, registerLanguage } from '../../src/mining/languages/index.js';
import { mineCode } from '../../src/mining/sources/code.js';

const SCRIPT = `#!/bin/bash
# Removes all files that are older than a week
clean_up() {
  find . -mtime +7 -delete
}
`;

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'new-language-'));
  path = join(folder, 'clean.exampleshell');
  await writeFile(path, SCRIPT);
});
afterAll(() => rm(folder, { recursive: true }));

test('a registered language is mined from files with its extension', async () => {
  expect((await mineCode([folder])).files).toBe(0);
  registerLanguage({
    name: 'example-shell',
    grammar: 'tree-sitter-bash.wasm',
    extensions: ['.exampleshell'],
    query: '(comment) @comment (function_definition name: (word) @name) @declaration',
    isDocumentation: (comment) => !comment.startsWith('#!'),
  });
  expect(languages().map(({ name }) => name)).toContain('example-shell');
  const { pairs, files } = await mineCode([folder]);
  expect(files).toBe(1);
  expect(pairs).toMatchObject([
    {
      query: 'Removes all files that are older than a week',
      language: 'example-shell',
      document: { text: expect.stringMatching(/^clean_up\(\) \{\n {2}find/) },
    },
  ]);
});

test('its files are cut by declarations in the corpus of an evaluation dataset', async () => {
  const file = { path, doc_path_rel: 'clean.exampleshell', repo_slug: 'repo' };
  const chunks = await chunkFile(file, 100);
  expect(chunks?.map(({ id }) => id)).toEqual([
    'repo/clean.exampleshell:1-1',
    'repo/clean.exampleshell:2-5',
  ]);
});
