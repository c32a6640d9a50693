/** Kills a service with kill -9 while it trains. The training must end with the weights of an undisturbed one. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, save } from '../shared/record.mjs';
import { newFolder, startService } from '../shared/running-service.mjs';

const TRAININGS = 5;
const KILLS_OF_EACH = 4;
const REQUEST = { loss: 'bce', base: 'starter', batch_size: 8, max_length: 64, max_steps: 100 };

const dataDir = newFolder('training-kills');
const sources = join(root, 'packages/cross-encoder/src');
const environment = { AGRO_RERANKER_BACKEND: 'none', AGRO_RERANKER_SOURCE_ROOTS: sources };
const start = () => startService({ dataDir, environment });
let service = await start();

/** Waits until the job has ended or its progress reaches `share`. */
async function reached(id, share) {
  for (;;) {
    const run = await service.get(`/api/runs/${id}`);
    if (run.finished !== null || (run.status === 'running' && run.progress >= share)) return run;
    await sleep(20);
  }
}

async function ended(id) {
  const run = await reached(id, 2);
  if (run.status !== 'succeeded') throw new Error(`the job ${run.status}: ${run.error}`);
  const weights = readFileSync(join(dataDir, 'models', run.result.model, 'model.safetensors'));
  return { run, weights: createHash('sha256').update(weights).digest('hex') };
}

await reached(await service.enqueue('mine', { source: 'code', folders: [sources] }), 2);
const undisturbed = await ended(await service.enqueue('train', REQUEST));
const trainings = [];
for (let training = 0; training < TRAININGS; training++) {
  const id = await service.enqueue('train', REQUEST);
  let kills = 0;
  for (; kills < KILLS_OF_EACH; kills++) {
    const share = (kills + Math.random()) / KILLS_OF_EACH;
    if ((await reached(id, share)).finished !== null) break;
    await service.kill();
    service = await start();
  }
  const { run, weights } = await ended(id);
  trainings.push({ kills, attempts: run.attempts, sameWeights: weights === undisturbed.weights });
  console.log(trainings.at(-1));
}
await service.stop();
const result = {
  setting: `A service trains the starter for ${REQUEST.max_steps} steps. It is killed at random moments and started again`,
  trainings,
  kills: trainings.reduce((sum, { kills }) => sum + kills, 0),
  others: trainings.filter(({ sameWeights }) => !sameWeights).length,
};
save('training-kills', result);
process.exit(result.others === 0 ? 0 : 1);
