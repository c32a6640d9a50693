/** Kills the service with kill -9 under load. Every acknowledged event must be stored exactly once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from 'learning-reranker/internals';
import { save } from '../shared/record.mjs';
import { newFolder, startService } from '../shared/running-service.mjs';

const KILLS = Number(process.env.KILLS ?? 50);
const RATE = 500;
const BATCH = 10;

const dataDir = newFolder('kills');
const acknowledged = new Set();
const sent = new Set();
let number = 0;
const ready = [];
for (let kill = 0; kill < KILLS; kill++) {
  const began = performance.now();
  const service = await startService({ dataDir, environment: { AGRO_RERANKER_BACKEND: 'none' } });
  ready.push(performance.now() - began);
  let isDown = false;
  const requests = [];
  const send = async () => {
    const feedback = Array.from({ length: BATCH }, () => {
      number++;
      return { feedback_id: `f${number}`, event_id: `e${number}`, kind: 'click', document_id: 'd' };
    });
    for (const { feedback_id } of feedback) sent.add(feedback_id);
    const answer = await service.post('/api/feedback', feedback).catch(() => null);
    if (answer?.status === 200)
      for (const { feedback_id } of feedback) acknowledged.add(feedback_id);
  };
  const loop = (async () => {
    while (!isDown) {
      requests.push(send());
      await sleep((1000 * BATCH) / RATE);
    }
  })();
  await sleep(300 + Math.random() * 1200);
  await service.kill();
  isDown = true;
  await loop;
  await Promise.all(requests);
}
const { db, close } = await openDatabase({ url: null, dataDir });
const rows = await db.selectFrom('feedback').select('feedback_id').execute();
await close();
const kept = rows.map(({ feedback_id }) => feedback_id);
const there = new Set(kept);
const result = {
  setting: `A service with the embedded database receives about ${RATE} events per second in batches of ${BATCH} and is killed ${KILLS} times with kill -9`,
  kills: KILLS,
  sent: sent.size,
  acknowledged: acknowledged.size,
  lost: [...acknowledged].filter((id) => !there.has(id)).length,
  doubled: kept.length - there.size,
  secondsToReady: {
    median: ready.sort((a, b) => a - b)[Math.floor(ready.length / 2)] / 1000,
    longest: ready.at(-1) / 1000,
  },
};
console.table(result);
save('kills', result);
process.exit(result.lost + result.doubled === 0 ? 0 : 1);
