/** Replaces the model under load. Every request must be answered, and by exactly one model. */
import { setTimeout as sleep } from 'node:timers/promises';
import { promote, rollback } from 'learning-reranker';
import { save } from '../shared/record.mjs';
import { newFolder, quantile, startService } from '../shared/running-service.mjs';
import { makeTwoModels } from './two-models.mjs';

const SWAPS = Number(process.env.SWAPS ?? 100);
const RATE = 50;

const dataDir = newFolder('reload');
const [first, second] = await makeTwoModels(dataDir);
await promote(dataDir, first, { forced: true, reason: 'benchmark' });
const service = await startService({ dataDir });
const body = {
  query: 'parse a date',
  documents: ['function parseDate(text) {}', 'function close(socket) {}', 'new Date(text)'],
  raw_scores: true,
  log: false,
};
const logits = (answer) =>
  [...answer.results]
    .sort((a, b) => a.index - b.index)
    .map(({ logit }) => logit.toFixed(4))
    .join();
const live = async () => (await (await fetch(`${service.url}/api/reranker/info`)).json()).model;

/** The scores of each of the two models alone. */
const expected = new Map([[first, logits((await service.post('/api/rerank', body)).body)]]);
const swap = async (at) => {
  if (at % 2 === 0) await promote(dataDir, second, { forced: true, reason: 'benchmark' });
  else await rollback(dataDir);
  const wanted = at % 2 === 0 ? second : first;
  const began = performance.now();
  while ((await live()) !== wanted) await sleep(20);
  return performance.now() - began;
};
await swap(0);
expected.set(second, logits((await service.post('/api/rerank', body)).body));
await swap(1);

const counts = { requests: 0, failures: 0, mixed: 0, degraded: 0 };
const times = [];
const running = new Set();
let done = false;
const ask = async () => {
  counts.requests++;
  const began = performance.now();
  const answer = await service.post('/api/rerank', body).catch(() => null);
  times.push(performance.now() - began);
  if (answer?.status !== 200) counts.failures++;
  else if (answer.body.degraded) counts.degraded++;
  else if (expected.get(answer.body.model) !== logits(answer.body)) counts.mixed++;
};
const load = (async () => {
  while (!done) {
    const one = ask();
    running.add(one);
    void one.finally(() => running.delete(one));
    await sleep(1000 / RATE);
  }
  await Promise.all(running);
})();
const before = service.residentBytes();
const seconds = [];
for (let at = 0; at < SWAPS; at++) seconds.push((await swap(at)) / 1000);
done = true;
await load;
await sleep(1000);
const result = {
  setting: `Two models of the starter's size replace each other ${SWAPS} times, during ${RATE} requests per second of three documents each`,
  swaps: SWAPS,
  ...counts,
  secondsToSwap: { median: quantile(seconds, 0.5), longest: Math.max(...seconds) },
  milliseconds: { p50: quantile(times, 0.5), p99: quantile(times, 0.99) },
  residentBytes: { before, after: service.residentBytes() },
};
await service.stop();
console.log(result);
save('hot-reload', result);
process.exit(counts.failures + counts.mixed + counts.degraded === 0 ? 0 : 1);
