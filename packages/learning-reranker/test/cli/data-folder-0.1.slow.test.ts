import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from '../fixtures/data-folder-0.1/ask.mjs';

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));
const fixture = (file: string) => new URL(`../fixtures/data-folder-0.1/${file}`, import.meta.url);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-folder-'));
  const archive = await readFile(fixture('folder.tar.br'));
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 };
  const input = brotliDecompressSync(archive, { params });
  execFileSync('tar', ['-xf', '-'], { cwd: folder, input });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Fractions may differ by what another CPU rounds; everything else is equal, and fields may be added. */
function like(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 2);
  if (Array.isArray(value)) return value.map(like);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, like(one)]));
}

test('a data folder of version 0.1 still works and gives the same results', async () => {
  const { key, ...answers } = JSON.parse(await readFile(fixture('answers.json'), 'utf8'));
  expect(await ask(reranker, folder, key)).toMatchObject(like(answers) as object);
});
