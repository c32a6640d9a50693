import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noDuplicatesBatches } from '../../src/training/batches.js';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import { colourPairs, colourTuples, tinyModel } from '../tiny-model.js';
import { bits, evaluations, steps, train } from './tiny-run.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const scored = colourTuples().map((row) => ({ ...row, labels: [4, -4] }));

test.each([
  ['bce', 1, colourPairs()],
  ['softmax', 2, colourPairs()],
  ['mnr', 1, colourTuples()],
  ['margin-mse', 1, scored],
] as const)('a model learns what its rows say: %s', async (loss, numLabels, rows) => {
  const model = tinyModel({ numLabels, dropout: 0 });
  const given = { maxSteps: 240, learningRate: 3e-3, warmupSteps: 0.1 };
  const losses = steps(await train(given, { loss, rows, model })).map((step) => step.loss);
  const mean = (some: readonly number[]) => some.reduce((sum, one) => sum + one, 0) / some.length;
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) / 2);
  const [blue, red] = await model.predict([
    ['sky', 'blue'],
    ['sky', 'red'],
  ]);
  expect(blue! - red!).toBeGreaterThan(0.3);
  await model.release();
});

test('the same seed gives the same weights, and another seed gives others', async () => {
  const first = bits((await train({ maxSteps: 3 })).model);
  expect(bits((await train({ maxSteps: 3 })).model)).toEqual(first);
  expect(bits((await train({ maxSteps: 3, seed: 43 })).model)).not.toEqual(first);
});

test('every update, evaluation and checkpoint has an event, and so has the end', async () => {
  const { events, result } = await train({
    numTrainEpochs: 1.5,
    perDeviceTrainBatchSize: 8,
    warmupSteps: 2,
    outputDir: folder,
    saveStrategy: 'epoch',
    evalStrategy: 'epoch',
  });
  // 21 rows in batches of 8: 3 updates an epoch, 5 in one and a half.
  expect(result).toMatchObject({ steps: 5, reason: 'completed' });
  expect(events.map((event) => `${event.type} ${event.step}`)).toEqual([
    'step 1',
    'step 2',
    'step 3',
    'evaluation 3',
    'checkpoint 3',
    'step 4',
    'step 5',
    'evaluation 5',
    'checkpoint 5',
    'end 5',
  ]);
  expect(steps({ events }).map(({ learningRate }) => learningRate)).toEqual(
    [0, 0.5, 1, 2 / 3, 1 / 3].map((factor) => expect.closeTo(factor * 1e-2, 9)),
  );
  const [first] = events;
  expect(first).toMatchObject({ totalSteps: 5, epoch: expect.closeTo(1 / 3, 9) });
  const losses = steps({ events }).map(({ loss }) => loss);
  expect(result.trainLoss).toBeCloseTo(losses.reduce((sum, loss) => sum + loss) / 5, 9);
});

test('step events follow loggingSteps, and the last update always has one', async () => {
  const { events } = await train({ maxSteps: 5, loggingSteps: 2 });
  const told = events.filter(({ type }) => type === 'step').map(({ step }) => step);
  expect(told).toEqual([2, 4, 5]);
});

test('a learning rate of 0 changes no weight', async () => {
  const { model } = await train({ maxSteps: 2, learningRate: 0, weightDecay: 0.1 });
  expect(bits(model)).toEqual(bits(tinyModel()));
});

test('gradients are scaled down to maxGradNorm', async () => {
  // Adam does not see the scale of gradients; their moments do.
  const moved = async (maxGradNorm: number) => {
    const run = await train({ maxSteps: 1, maxGradNorm }, { dropout: 0 });
    return steps(run)[0]!.gradNorm;
  };
  // What is told is the norm before clipping.
  expect(await moved(1e-3)).toBe(await moved(0));
  const clipped = await train({ maxSteps: 2, maxGradNorm: 1e-3 }, { dropout: 0 });
  const free = await train({ maxSteps: 2, maxGradNorm: 0 }, { dropout: 0 });
  expect(bits(clipped.model)).not.toEqual(bits(free.model));
});

test('a loss of NaN stops training: weights do not change and the last checkpoint stays', async () => {
  const model = tinyModel();
  let before: ReturnType<typeof bits> | undefined;
  const run = train(
    { maxSteps: 6, outputDir: folder, saveStrategy: 'steps', saveSteps: 2 },
    {
      model,
      onEvent: (event) => {
        if (event.type !== 'step' || event.step !== 3) return;
        model.weights.get('classifier.bias')!.data[0] = Number.NaN;
        before = bits(model);
      },
    },
  );
  await expect(run).rejects.toMatchObject({
    name: 'TrainingError',
    code: 'not-finite',
    message: expect.stringContaining('The loss of update 4 is NaN'),
  });
  expect(bits(model)).toEqual(before);
  expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([2]);
});

test('an infinite gradient stops training, too', async () => {
  const model = tinyModel();
  for (const name of ['classifier.weight', 'bert.pooler.dense.weight']) {
    model.weights.get(name)!.data.fill(3e38);
  }
  await expect(train({ maxSteps: 2 }, { model })).rejects.toMatchObject({ code: 'not-finite' });
});

test('a training that diverges keeps the best checkpoint', async () => {
  const model = tinyModel();
  const run = train(
    {
      maxSteps: 6,
      outputDir: folder,
      evalStrategy: 'steps',
      evalSteps: 1,
      loadBestModelAtEnd: true,
      saveTotalLimit: 1,
    },
    {
      model,
      onEvent: (event) => {
        if (event.type === 'evaluation' && event.step === 2) {
          model.weights.get('classifier.bias')!.data[0] = Number.POSITIVE_INFINITY;
        }
      },
    },
  );
  await expect(run).rejects.toMatchObject({ code: 'not-finite' });
  expect((await listCheckpoints(folder)).length).toBeGreaterThan(0);
});

test('accumulated batches equal one batch of their total size, also at the end of an epoch', async () => {
  const rows = colourPairs().slice(0, 12);
  const off = { dropout: 0, rows };
  const big = await train({ maxSteps: 2, perDeviceTrainBatchSize: 8 }, off);
  const small = await train(
    { maxSteps: 2, perDeviceTrainBatchSize: 4, gradientAccumulationSteps: 2 },
    off,
  );
  // The second update has the 4 rows that are left: one batch of either size.
  steps(small).forEach((step, index) => {
    expect(step.loss).toBeCloseTo(steps(big)[index]!.loss, 5);
    expect(step.gradNorm / steps(big)[index]!.gradNorm).toBeCloseTo(1, 4);
  });
  for (const [name, { data }] of small.model.weights) {
    // A key's bias has no gradient but rounding, which Adam makes steps of.
    if (name.endsWith('key.bias')) continue;
    data.forEach((value, at) => {
      expect(Math.abs(value - big.model.weights.get(name)!.data[at]!)).toBeLessThan(1e-3);
    });
  }
});

test('fewer rows than a batch, a single row, and a last batch of one row can be trained', async () => {
  const rows = colourPairs();
  expect((await train({ numTrainEpochs: 2 }, { rows: rows.slice(0, 1) })).result.steps).toBe(2);
  expect((await train({ numTrainEpochs: 2 }, { rows: rows.slice(0, 3) })).result.steps).toBe(2);
  const positives = colourTuples().map(({ query, documents }) => ({
    query,
    documents: [documents[0]!],
  }));
  const { result } = await train(
    {
      numTrainEpochs: 1,
      perDeviceTrainBatchSize: 3,
      perDeviceEvalBatchSize: 6,
      evalStrategy: 'epoch',
    },
    { rows: positives, loss: 'mnr' },
  );
  expect(result.steps).toBe(3);
});

test('epochs follow the batches that the sampler returns', async () => {
  // Seven rows that share a document are seven batches.
  const rows = colourTuples().map(({ query }) => ({ query, documents: ['blue', query] }));
  const run = await train(
    { numTrainEpochs: 2 },
    { rows, loss: 'mnr', batchSampler: noDuplicatesBatches },
  );
  expect(run.result.steps).toBe(14);
  const none = train({ numTrainEpochs: 2 }, { batchSampler: () => [] });
  await expect(none).rejects.toMatchObject({ code: 'no-data' });
});

test('a training that is aborted before it begins changes nothing', async () => {
  const { model, result } = await train(
    { maxSteps: 2, outputDir: folder, saveStrategy: 'steps', saveSteps: 1 },
    { signal: AbortSignal.abort() },
  );
  expect(result).toMatchObject({ reason: 'aborted', steps: 0 });
  expect(bits(model)).toEqual(bits(tinyModel()));
  expect(await listCheckpoints(folder)).toEqual([]);
});

test('evaluation uses no dropout and draws the same negatives every time', async () => {
  const given = { maxSteps: 3, learningRate: 0, evalStrategy: 'steps', evalSteps: 1 } as const;
  const run = await train(given, { loss: 'mnr', rows: colourTuples(), dropout: 0.5 });
  const losses = evaluations(run).map(({ metrics }) => metrics.eval_loss);
  expect(new Set(losses).size).toBe(1);
  expect(new Set(steps(run).map(({ loss }) => loss)).size).toBe(3);
});
