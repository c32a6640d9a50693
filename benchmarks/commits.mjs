/**
 * Compares this checkout with another one, such as the commit before a change: `BASE=<folder> npm run bench -- commits`.
 * The other checkout must be installed and compiled. Both take turns on this machine; each figure is this library's own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newFolder, quantile, startService } from './shared/running-service.mjs';
import {
  makeModel,
  median,
  minedRows,
  root,
  run,
  save,
  side,
  THREADS,
  writeRows,
} from './shared/sides.mjs';

const BASE = process.env.BASE;
if (BASE === undefined) {
  console.error('Set BASE to the folder of another checkout, installed and compiled.');
  process.exit(2);
}
const checkouts = { base: resolve(BASE), here: root };
const ROUNDS = Number(process.env.ROUNDS ?? 4);
const STEPS = 24;
const WARM_UP_STEPS = 4;
const DOCUMENTS = 100;
const REQUESTS = 12;
const WARM_UP_REQUESTS = 6;
const MAX_LENGTH = 256;

const model = makeModel();
const trainingRows = writeRows('rows.jsonl', await minedRows(16 * (STEPS + 1)));
const pairs = writeRows('pairs.jsonl', await minedRows(600));
const listed = await minedRows((WARM_UP_REQUESTS + REQUESTS) * DOCUMENTS);

/** A script of a checkout; older checkouts have it under its older name. */
function scriptOf(checkout, ...names) {
  const found = names.map((name) => join(checkout, 'benchmarks', name)).find(existsSync);
  if (!found) throw new Error(`${checkout} has none of ${names.join(', ')}`);
  return found;
}

function trainingSpeed(checkout) {
  const script = scriptOf(checkout, 'training/speed-here.mjs', 'train-here.mjs');
  const sizes = [STEPS, WARM_UP_STEPS, THREADS].map(String);
  return side(process.execPath, (output) => [script, model, trainingRows, output, ...sizes]);
}

function predictionSpeed(checkout, dtype) {
  const script = scriptOf(checkout, 'prediction/speed-here.mjs', 'predict-here.mjs');
  return side(process.execPath, (output) => [
    script,
    model,
    pairs,
    output,
    dtype,
    String(THREADS),
    '3',
  ]);
}

/** Seconds of one request that reranks 100 documents. */
async function rerankSeconds(checkout) {
  const service = await startService({
    checkout,
    dataDir: newFolder('commits'),
    environment: {
      AGRO_RERANKER_MODEL_PATH: model,
      AGRO_RERANKER_MAXLEN: String(MAX_LENGTH),
      AGRO_RERANKER_TIMEOUT_MS: '60000',
    },
  });
  const seconds = [];
  for (let at = 0; at < WARM_UP_REQUESTS + REQUESTS; at++) {
    const rows = listed.slice(at * DOCUMENTS, (at + 1) * DOCUMENTS);
    const began = performance.now();
    await service.post('/api/rerank', {
      query: rows[0].query,
      documents: rows.map(({ document }) => document),
    });
    if (at >= WARM_UP_REQUESTS) seconds.push((performance.now() - began) / 1000);
  }
  await service.stop();
  return quantile(seconds, 0.5);
}

/** Runs a whole benchmark of a checkout and puts its committed result back. */
function resultOf(checkout, name, scripts, environment) {
  const path = join(checkout, 'benchmarks/results', `${name}.json`);
  const committed = readFileSync(path);
  Object.assign(process.env, environment);
  try {
    run(process.execPath, [scriptOf(checkout, ...scripts)], { cwd: checkout });
    return JSON.parse(readFileSync(path, 'utf8'));
  } finally {
    writeFileSync(path, committed);
  }
}

/** Each figure of a checkout; more is better. */
const figures = {
  'training, pairs/s': (checkout) => trainingSpeed(checkout).pairsPerSecond,
  'prediction fp32, pairs/s': (checkout) => predictionSpeed(checkout, 'fp32').pairsPerSecond,
  'prediction int8, pairs/s': (checkout) => predictionSpeed(checkout, 'int8').pairsPerSecond,
  'rerank-http, requests/s': async (checkout) => 1 / (await rerankSeconds(checkout)),
  'ingest, single events/s': (checkout) =>
    resultOf(checkout, 'ingest', ['serving/ingest.mjs', 'ingest.mjs'], {
      SINGLE: '500',
      BATCHED: '10000',
    }).eventsPerSecond.embedded.single,
  'mining, events/s': (checkout) =>
    100_000 /
    resultOf(checkout, 'mining', ['mining/speed.mjs', 'mining.mjs'], { SIZES: '100000' }).results
      .embedded['100000'].seconds,
};

const rounds = Object.fromEntries(Object.keys(figures).map((name) => [name, []]));
for (let round = 1; round <= ROUNDS; round++) {
  for (const [name, measure] of Object.entries(figures)) {
    const figure = {};
    // The second side may find a warmer machine, so the sides swap places every round.
    const order = round % 2 === 1 ? ['base', 'here'] : ['here', 'base'];
    for (const checkout of order) figure[checkout] = await measure(checkouts[checkout]);
    rounds[name].push(figure);
    const ratio = (figure.here / figure.base).toFixed(3);
    console.log(
      `round ${round}: ${name.padEnd(26)} base ${figure.base.toFixed(2)}, here ${figure.here.toFixed(2)}, ratio ${ratio}`,
    );
  }
}
const results = Object.fromEntries(
  Object.entries(rounds).map(([name, all]) => [
    name,
    {
      base: median(all.map(({ base }) => base)),
      here: median(all.map(({ here }) => here)),
      ratios: all.map(({ base, here }) => Number((here / base).toFixed(3))),
    },
  ]),
);
save('commits', {
  setting:
    'Both checkouts take turns on one machine; more is better. Training and prediction: MiniLM-L6, max_length 256',
  rounds: ROUNDS,
  results,
});
