/**
 * Runs a benchmark: `npm run bench -- <name>`. Without a name it lists them.
 *
 * A benchmark prints a table and writes results/<name>.json. If it compares two sides, they take turns on this
 * machine. `node benchmarks/report.mjs` writes README.md from the results.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Each benchmark's name and its script. */
const scripts = {
  train: 'training/speed.mjs',
  quality: 'training/quality.mjs',
  'training-kills': 'training/kills.mjs',
  predict: 'prediction/speed.mjs',
  starter: 'prediction/starter.mjs',
  'rerank-http': 'serving/http.mjs',
  load: 'serving/load.mjs',
  'beside-training': 'serving/beside-training.mjs',
  'hot-reload': 'serving/hot-reload.mjs',
  ingest: 'serving/ingest.mjs',
  kills: 'serving/kills.mjs',
  jobs: 'serving/jobs.mjs',
  mining: 'mining/speed.mjs',
  clicks: 'learning/clicks.mjs',
  'click-labels': 'learning/click-labels.mjs',
  commits: 'commits.mjs',
};
const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(scripts, name)) {
  console.error(`Usage: npm run bench -- ${Object.keys(scripts).join(' | ')}`);
  process.exit(2);
}
const script = fileURLToPath(new URL(scripts[name], import.meta.url));
process.exit(spawnSync(process.execPath, [script, ...rest], { stdio: 'inherit' }).status ?? 1);
