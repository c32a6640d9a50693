/** What the benchmarks share: mined rows, a model both sides open, a process a side, and the machine's name. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const THREADS = 2;
export const folder = mkdtempSync(join(tmpdir(), 'reranker-bench-'));

/** Python with sentence-transformers: SBERT_PYTHON, or what `npm run test:sbert` installs. */
export const python = process.env.SBERT_PYTHON ?? join(root, '.venv-sbert/bin/python');
if (!existsSync(python)) {
  console.error(`${python} is missing: run npm run test:sbert once, or set SBERT_PYTHON`);
  process.exit(1);
}

/** all-MiniLM-L6-v2 with a head of one logit, as both sides open it. */
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

/** Training records mined from this repository's installed packages, and the corpus they come from. */
export async function minedRecords(negatives) {
  const { mineCode } = await import('../packages/learning-reranker/dist/mining/sources/code.js');
  const { recordsOfPairs } = await import('../packages/learning-reranker/dist/mining/negatives.js');
  const packages = [
    'typescript/lib',
    '@types/node',
    'zod',
    'commander',
    'vite',
    'vitest',
    'fast-check',
  ];
  const { pairs, corpus } = await mineCode(
    packages.map((name) => join(root, 'node_modules', name)).filter(existsSync),
  );
  const options = { source: 'code', positiveReason: 'documents it', ...negatives };
  const records = [...recordsOfPairs(pairs, corpus, options)];
  return {
    records,
    corpus: corpus.map(({ id, text, doc_path_rel, repo_slug }) => ({
      id,
      text,
      doc_path_rel,
      repo_slug,
    })),
  };
}

/** Labelled (query, document) rows, shuffled by a seed. */
export async function minedRows(count) {
  const { SeededRandom } = await import('@learning-reranker/cross-encoder');
  const { records } = await minedRecords({ numNegatives: 1, numRandomNegatives: 1 });
  const rows = records.flatMap(({ query, positive, negatives }) =>
    [positive, ...negatives].map(({ text }, index) => ({
      query,
      document: text,
      documents: [text],
      label: index === 0 ? 1 : 0,
      labels: [index === 0 ? 1 : 0],
    })),
  );
  return new SeededRandom(7).shuffle(rows).slice(0, count);
}

export function writeRows(name, rows) {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

/** Runs one side in a process of its own and reads what it wrote. */
export function side(command, args) {
  const output = join(folder, `side-${process.hrtime.bigint()}.json`);
  run(command, args(output));
  return JSON.parse(readFileSync(output, 'utf8'));
}

export function run(command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.status === 0) return;
  console.error(result.stderr?.toString().slice(-3000) ?? String(result.error));
  process.exit(1);
}

export function machine() {
  const [{ model } = { model: 'unknown' }] = cpus();
  return {
    cpu: model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    threads: THREADS,
  };
}

export function save(name, result) {
  const path = join(root, 'benchmarks/results', `${name}.json`);
  writeFileSync(path, `${JSON.stringify({ machine: machine(), ...result }, null, 2)}\n`);
  console.log(`\nwritten: benchmarks/results/${name}.json`);
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
