/** Eight clients send requests for minutes: no failures, a bounded p99, flat memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { minedRows } from '../shared/mined-rows.mjs';
import { save } from '../shared/record.mjs';
import { newFolder, quantile, startService } from '../shared/running-service.mjs';

const SECONDS = Number(process.env.SECONDS ?? 300);
const CLIENTS = 8;
const DOCUMENTS = 20;
const LOAD = 0.7;

const rows = await minedRows(2000);
const service = await startService({ dataDir: newFolder('load') });
const request = () => {
  const from = Math.floor(Math.random() * (rows.length - DOCUMENTS));
  const documents = rows.slice(from, from + DOCUMENTS).map(({ document }) => document);
  return { query: rows[from].query, documents };
};
const ask = async () => {
  const began = performance.now();
  const { status, headers } = await service.post('/v2/rerank', request());
  if (status !== 200) throw new Error(String(status));
  if (headers.get('x-degraded')) throw new Error('degraded');
  return performance.now() - began;
};

/** Requests per second when each client sends the next request at once. */
const CAPACITY_SECONDS = 15;
let answered = 0;
const until = performance.now() + CAPACITY_SECONDS * 1000;
await Promise.all(
  Array.from({ length: CLIENTS }, async () => {
    for (; performance.now() < until; answered++) await ask();
  }),
);
const capacity = answered / CAPACITY_SECONDS;

const pause = (1000 * CLIENTS) / (LOAD * capacity);
const times = [];
const memory = [];
let failures = 0;
const end = performance.now() + SECONDS * 1000;
const client = async (number) => {
  let next = performance.now() + (pause * number) / CLIENTS;
  while (performance.now() < end) {
    await sleep(Math.max(0, next - performance.now()));
    next += pause;
    await ask().then(
      (time) => times.push(time),
      () => failures++,
    );
  }
};
const watch = (async () => {
  while (performance.now() < end) {
    memory.push(service.residentBytes());
    await sleep(5000);
  }
})();
await Promise.all([watch, ...Array.from({ length: CLIENTS }, (_, at) => client(at))]);
await service.stop();
const half = Math.floor(memory.length / 2);
const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
const result = {
  setting: `${CLIENTS} clients ask the starter model to rerank ${DOCUMENTS} mined documents per request, for ${SECONDS} s at ${LOAD * 100} % of its capacity`,
  capacityRequestsPerSecond: capacity,
  requests: times.length,
  failures,
  milliseconds: {
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
  },
  'p99 of p50': quantile(times, 0.99) / quantile(times, 0.5),
  residentBytes: { firstHalf: mean(memory.slice(0, half)), secondHalf: mean(memory.slice(half)) },
};
console.log(result);
save('load', result);
process.exit(failures === 0 ? 0 : 1);
