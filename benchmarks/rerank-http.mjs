/**
 * Reranking 100 documents over HTTP: what the door costs beyond the engine, and throughput against
 * SBERT's `rank` behind Python's own HTTP server, same model, same pairs, in turn.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder, quantile, startService } from './running-service.mjs';
import { machine, makeModel, median, minedRows, python, root, save, THREADS } from './sides.mjs';

const REQUESTS = Number(process.env.REQUESTS ?? 12);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const DOCUMENTS = 100;

const model = makeModel();
const rows = await minedRows(REQUESTS * DOCUMENTS);
const requests = Array.from({ length: REQUESTS }, (_, at) => ({
  query: rows[at * DOCUMENTS].query,
  documents: rows.slice(at * DOCUMENTS, (at + 1) * DOCUMENTS).map(({ document }) => document),
}));
const serve = (dtype) =>
  startService({
    dataDir: newFolder('http'),
    environment: {
      AGRO_RERANKER_MODEL_PATH: model,
      AGRO_RERANKER_MAXLEN: '256',
      AGRO_RERANKER_DTYPE: dtype,
      AGRO_RERANKER_TIMEOUT_MS: '60000',
    },
  });

async function sbertServer() {
  const port = 18_000 + (process.pid % 1000);
  const child = spawn(
    python,
    [
      join(root, 'benchmarks/sbert_rank_server.py'),
      model,
      String(port),
      '--threads',
      String(THREADS),
    ],
    {
      stdio: 'ignore',
      env: { ...process.env, HF_HUB_OFFLINE: '1', TOKENIZERS_PARALLELISM: 'false' },
    },
  );
  const post = async (_path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };
  for (;;) {
    const ready = await post('', { query: 'a', documents: ['b'] }).catch(() => null);
    if (ready) return { post, stop: async () => child.kill('SIGKILL') };
    await sleep(200);
  }
}

const sides = {
  'learning-reranker fp32': () => serve('fp32'),
  'learning-reranker int8': () => serve('int8'),
  'SBERT rank, fp32': sbertServer,
};
const overheads = [];
const rounds = [];
for (let round = 1; round <= ROUNDS; round++) {
  const results = {};
  for (const [name, start] of Object.entries(sides)) {
    const service = await start();
    await service.post('/v1/rerank', requests[0]);
    const times = [];
    for (const request of requests) {
      const began = performance.now();
      const { status, headers } = await service.post('/v1/rerank', request);
      const took = performance.now() - began;
      if (status !== 200 || headers.get('x-degraded')) throw new Error(`${name}: ${status}`);
      times.push(took);
      const engine = headers.get('x-total-time');
      if (engine !== null) overheads.push(took - Number(engine));
    }
    await service.stop();
    const total = times.reduce((sum, one) => sum + one, 0);
    results[name] = { pairsPerSecond: (1000 * REQUESTS * DOCUMENTS) / total, p50: median(times) };
    console.log(
      `round ${round}: ${name.padEnd(24)} ${results[name].pairsPerSecond.toFixed(1)} pairs/s`,
    );
  }
  rounds.push(results);
}
const ratio = (name) =>
  median(rounds.map((one) => one[name].pairsPerSecond / one['SBERT rank, fp32'].pairsPerSecond));
const summary = Object.fromEntries(
  Object.keys(sides).map((name) => [
    name,
    {
      pairsPerSecond: median(rounds.map((one) => one[name].pairsPerSecond)),
      p50Milliseconds: median(rounds.map((one) => one[name].p50)),
    },
  ]),
);
console.log(`\n${machine().cpu}, ${THREADS} threads; medians of ${ROUNDS} rounds`);
console.table(summary);
const result = {
  setting: `MiniLM-L6, ${DOCUMENTS} mined documents a request, max_length 256, one request after the other`,
  rounds: ROUNDS,
  summary,
  overheadMilliseconds: { p50: quantile(overheads, 0.5), p95: quantile(overheads, 0.95) },
  ratios: {
    'fp32 to SBERT rank': ratio('learning-reranker fp32'),
    'int8 to SBERT rank': ratio('learning-reranker int8'),
  },
};
console.table({ ...result.ratios, ...result.overheadMilliseconds });
save('rerank-http', result);
process.exit(0);
