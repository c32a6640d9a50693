/**
 * Trains a model folder and prints the hash of its weights at the end:
 *
 *     node training-process.mjs <model> <checkpoints> [resume] [stop-early] [wait-at-end]
 *
 * `stop-early` ends training after the first checkpoint; `wait-at-end` keeps the process running.
 */
import { createHash } from 'node:crypto';
import { argv, stdout } from 'node:process';
import { CrossEncoder, CrossEncoderTrainer, createLoss } from '@learning-reranker/cross-encoder';

const [, , folder, outputDir, ...words] = argv;
const stop = new AbortController();
const model = await CrossEncoder.load(folder, { threads: 1 });
const things = ['sky', 'sea', 'ink', 'grass', 'leaf', 'blood', 'rose'];
const trainer = new CrossEncoderTrainer({
  model,
  loss: createLoss('bce'),
  trainDataset: things.map((query, row) => ({
    query,
    documents: [row < 3 ? 'blue' : 'red'],
    labels: [row % 2],
  })),
  arguments: {
    outputDir,
    maxSteps: 12,
    perDeviceTrainBatchSize: 3,
    learningRate: 1e-2,
    weightDecay: 0.01,
    saveSteps: 1,
    saveTotalLimit: 2,
    threads: 1,
  },
});
await trainer.train({
  resumeFromCheckpoint: words.includes('resume'),
  signal: stop.signal,
  onEvent: ({ type }) => {
    if (type === 'checkpoint' && words.includes('stop-early')) stop.abort();
  },
});
const hash = createHash('sha256');
for (const [name, { data }] of model.weights) {
  hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
stdout.write(hash.digest('hex'));
if (words.includes('wait-at-end')) setInterval(() => {}, 60_000);
