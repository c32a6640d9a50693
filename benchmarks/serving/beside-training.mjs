/** Measures how much a training slows down requests on the same machine, and how much they slow it down. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { minedRows } from '../shared/mined-rows.mjs';
import { root, save } from '../shared/record.mjs';
import { newFolder, quantile, startService } from '../shared/running-service.mjs';

const SECONDS = Number(process.env.SECONDS ?? 60);
const DOCUMENTS = 20;
/** Between the client's requests. */
const PAUSE_MS = 500;

const sources = join(root, 'packages/cross-encoder/src');
const rows = await minedRows(2000);
const environment = { AGRO_RERANKER_SOURCE_ROOTS: sources };
const service = await startService({ dataDir: newFolder('beside-training'), environment });

async function reached(id, test) {
  for (;;) {
    const run = await service.get(`/api/runs/${id}`);
    if (test(run)) return run;
    if (run.finished !== null) throw new Error(`the job ${run.status}: ${run.error}`);
    await sleep(100);
  }
}

/** The milliseconds that each answer takes. */
async function asked() {
  const times = [];
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
    const from = Math.floor(Math.random() * (rows.length - DOCUMENTS));
    const documents = rows.slice(from, from + DOCUMENTS).map(({ document }) => document);
    const began = performance.now();
    const { status, headers } = await service.post('/v2/rerank', {
      query: rows[from].query,
      documents,
    });
    if (status !== 200 || headers.get('x-degraded')) throw new Error(`answered ${status}`);
    times.push(performance.now() - began);
    await sleep(PAUSE_MS);
  }
  return { requests: times.length, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

const stepOf = async (id) => {
  const run = await reached(id, ({ progress }) => progress > 0);
  return Number(/step (\d+)/.exec(run.message)?.[1] ?? Number.NaN);
};

/** Steps per second while `work` runs. */
async function stepsDuring(id, work) {
  const [from, began] = [await stepOf(id), performance.now()];
  const result = await work();
  const steps = (await stepOf(id)) - from;
  return { result, stepsPerSecond: (1000 * steps) / (performance.now() - began) };
}

await reached(
  await service.enqueue('mine', { source: 'code', folders: [sources] }),
  ({ status }) => status === 'succeeded',
);
await asked();
const alone = await asked();
const id = await service.enqueue('train', { loss: 'bce', base: 'starter', epochs: 100 });
await stepOf(id);
const undisturbed = await stepsDuring(id, () => sleep(SECONDS * 1000));
const beside = await stepsDuring(id, asked);
await service.post(`/api/runs/${id}/cancel`, {});
await service.stop();
const result = {
  setting: `The starter model reranks ${DOCUMENTS} mined documents per request. One client waits ${PAUSE_MS} ms after each answer, for ${SECONDS} s. A training with batches of 16 rows runs on the same machine`,
  milliseconds: { alone, besideTraining: beside.result },
  stepsPerSecond: {
    alone: undisturbed.stepsPerSecond,
    besideRequests: beside.stepsPerSecond,
  },
};
console.log(result);
save('beside-training', result);
process.exit(0);
