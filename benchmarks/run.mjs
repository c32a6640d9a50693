/**
 * Runs a benchmark: `npm run bench -- <name>`; without a name it lists them.
 *
 * Both sides run in turn on this machine; each benchmark prints a table and writes results/<name>.json.
 * `node benchmarks/report.mjs` makes README.md's tables of them.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const names = [
  'train',
  'predict',
  'quality',
  'starter',
  'rerank-http',
  'load',
  'beside-training',
  'hot-reload',
  'ingest',
  'kills',
  'training-kills',
  'mining',
  'jobs',
  'clicks',
  'click-labels',
];
const [name, ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  console.error(`usage: npm run bench -- ${names.join(' | ')}`);
  process.exit(2);
}
const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
process.exit(spawnSync(process.execPath, [script, ...rest], { stdio: 'inherit' }).status ?? 1);
