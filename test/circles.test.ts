import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../packages', import.meta.url));
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

/** Biome reads a copy of the sources, with one rule on, whatever biome.json of the repository says. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'circles-'));
  const noImportCycles = { level: 'error', options: { ignoreTypes: false } };
  const linter = { rules: { preset: 'none', suspicious: { noImportCycles } } };
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ root: true, linter }));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Every import that is part of a circle, as `file:line`. Imports of types count, too. */
function importsInCircles(): string[] {
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', 'src'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  expect(stdout, stderr).toContain('"diagnostics"');
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string; start: { line: number } } }[];
  };
  return diagnostics
    .filter(({ category }) => category === 'lint/suspicious/noImportCycles')
    .map(({ location: { path, start } }) => `${path}:${start.line}`);
}

test.each(['onnx-autodiff', 'cross-encoder', 'learning-reranker'])(
  'no import of %s is part of a circle',
  (name) => {
    cpSync(join(packages, name, 'src'), join(folder, 'src'), { recursive: true });
    expect(importsInCircles()).toEqual([]);
  },
);

test('a circle of imports is found, also one of types', () => {
  cpSync(join(packages, 'onnx-autodiff', 'src'), join(folder, 'src'), { recursive: true });
  writeFileSync(
    join(folder, 'src', 'a.ts'),
    "import type { B } from './b.js';\nexport type A = B;\n",
  );
  writeFileSync(
    join(folder, 'src', 'b.ts'),
    "import type { A } from './a.js';\nexport type B = A[];\n",
  );
  expect(importsInCircles()).toEqual(['src/a.ts:1', 'src/b.ts:1']);
});
