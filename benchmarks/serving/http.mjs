/**
 * Measures reranking 100 documents over HTTP: the time that HTTP adds to the engine, and the throughput compared with
 * SBERT's `rank` behind Python's HTTP server and, if installed, infinity-emb with its ONNX engine. All use the same
 * model and pairs and take turns.
 *
 * The engine's time is the service's `x-total-time`: from the checked texts to their order, including the way to the
 * model's process and back. HTTP is the rest of the time that the client waits, including its own JSON.
 */

import { newFolder, quantile, startService } from '../shared/running-service.mjs';
import { machine, makeModel, median, minedRows, save, THREADS } from '../shared/sides.mjs';
import { keepAliveClient } from './keep-alive-client.mjs';
import { hasInfinity, infinityModel, infinityServer, sbertServer } from './other-servers.mjs';

const REQUESTS = Number(process.env.REQUESTS ?? 12);
/** Requests before the measurement, so that the compilers of both sides have seen every path. */
const WARM_UP = Number(process.env.WARM_UP ?? 10);
/**
 * Requests with one-word documents before those, for all sides: the HTTP code is compiled only after hundreds of
 * calls, which a service has soon behind it.
 */
const SHORT_WARM_UP = Number(process.env.SHORT_WARM_UP ?? 300);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const DOCUMENTS = 100;
const MAX_LENGTH = 256;

const model = makeModel();
const rows = await minedRows((WARM_UP + REQUESTS) * DOCUMENTS);
const requests = Array.from({ length: WARM_UP + REQUESTS }, (_, at) => ({
  query: rows[at * DOCUMENTS].query,
  documents: rows.slice(at * DOCUMENTS, (at + 1) * DOCUMENTS).map(({ document }) => document),
}));
const short = { query: 'a query', documents: new Array(DOCUMENTS).fill('word') };
const serve = async (dtype) => {
  const service = await startService({
    dataDir: newFolder('http'),
    environment: {
      AGRO_RERANKER_MODEL_PATH: model,
      AGRO_RERANKER_MAXLEN: String(MAX_LENGTH),
      AGRO_RERANKER_DTYPE: dtype,
      AGRO_RERANKER_TIMEOUT_MS: '60000',
    },
  });
  return { post: keepAliveClient(service.port), stop: service.stop };
};

const sides = {
  'learning-reranker fp32': () => serve('fp32'),
  'learning-reranker int8': () => serve('int8'),
  'SBERT rank, fp32': () => sbertServer(model),
};
if (hasInfinity) {
  const folder = await infinityModel(model, MAX_LENGTH);
  sides['infinity-emb, ONNX fp32'] = () => infinityServer(folder);
} else console.log('infinity-emb is not installed: see other-servers.mjs');
const overheads = [];
const rounds = [];
for (let round = 1; round <= ROUNDS; round++) {
  const results = {};
  for (const [name, start] of Object.entries(sides)) {
    const service = await start();
    for (let at = 0; at < SHORT_WARM_UP; at++) await service.post('/v1/rerank', short);
    for (const request of requests.slice(0, WARM_UP)) await service.post('/v1/rerank', request);
    const times = [];
    for (const request of requests.slice(WARM_UP)) {
      const began = performance.now();
      const { status, headers } = await service.post('/v1/rerank', request);
      const took = performance.now() - began;
      if (status !== 200 || headers['x-degraded']) throw new Error(`${name}: ${status}`);
      times.push(took);
      const engine = headers['x-total-time'];
      if (engine !== undefined) overheads.push(took - Number(engine));
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
const ratio = (name, to) =>
  median(rounds.map((one) => one[name].pairsPerSecond / one[to].pairsPerSecond));
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
  setting: `MiniLM-L6 reranks ${DOCUMENTS} mined documents per request, max_length ${MAX_LENGTH}, one request at a time`,
  rounds: ROUNDS,
  summary,
  overheadMilliseconds: { p50: quantile(overheads, 0.5), p95: quantile(overheads, 0.95) },
  ratios: {
    'fp32 to SBERT rank': ratio('learning-reranker fp32', 'SBERT rank, fp32'),
    'int8 to SBERT rank': ratio('learning-reranker int8', 'SBERT rank, fp32'),
    ...(hasInfinity && {
      'fp32 to infinity-emb': ratio('learning-reranker fp32', 'infinity-emb, ONNX fp32'),
    }),
  },
};
console.table({ ...result.ratios, ...result.overheadMilliseconds });
save('rerank-http', result);
process.exit(0);
