/** Provides both sides of a comparison with SBERT: rows, the model, and a process for each side. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './record.mjs';

export { minedRecords, minedRows } from './mined-rows.mjs';
export { machine, median, root, save, THREADS } from './record.mjs';

export const folder = mkdtempSync(join(tmpdir(), 'reranker-bench-'));

/** Python with sentence-transformers: SBERT_PYTHON, or the environment that `npm run test:sbert` installs. */
export const python = process.env.SBERT_PYTHON ?? join(root, '.venv-sbert/bin/python');
if (!existsSync(python)) {
  console.error(`${python} is missing. Run npm run test:sbert once, or set SBERT_PYTHON.`);
  process.exit(1);
}

/** all-MiniLM-L6-v2 with one logit, in a folder that both sides open. */
export function makeModel() {
  const path = join(folder, 'model');
  run(python, [
    join(root, 'packages/cross-encoder/test/sbert/make_model.py'),
    path,
    '--max-length',
    '256',
  ]);
  return path;
}

export function writeRows(name, rows) {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** Runs one side in its own process and reads its result. */
export function side(command, args) {
  const output = join(folder, `side-${process.hrtime.bigint()}.json`);
  run(command, args(output));
  // Results name files, not folders, so that they contain no paths of this machine.
  return JSON.parse(readFileSync(output, 'utf8').replaceAll(join(folder, '/'), ''));
}

export function run(command, args, { cwd = root } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  console.error(result.stderr?.toString().slice(-3000) ?? String(result.error));
  process.exit(1);
}
