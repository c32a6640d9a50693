/**
 * Runs a benchmark: `npm run bench -- <name>`. Without a name it lists them.
 *
 * A benchmark prints a table and writes results/<name>.json. If it compares two sides, they take turns on this
 * machine. `node benchmarks/report.mjs` writes README.md from the results.
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
  console.error(`Usage: npm run bench -- ${names.join(' | ')}`);
  process.exit(2);
}
const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
process.exit(spawnSync(process.execPath, [script, ...rest], { stdio: 'inherit' }).status ?? 1);
