import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Weights } from '../../src/formats/weights.js';
import { noDuplicatesBatches } from '../../src/training/batches.js';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import { colourPairs, colourTuples, tinyModel } from '../tiny-model.js';
import { bits, steps, train } from './tiny-run.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resume-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const clipped = { warmupSteps: 0.3, weightDecay: 0.01, maxGradNorm: 0.1 };

describe.each([
  ['dropout, over the end of an epoch', {}, { loss: 'bce', rows: colourPairs() }],
  ['accumulated batches', { gradientAccumulationSteps: 2 }, { loss: 'bce', rows: colourPairs() }],
  ['drawn negatives', {}, { loss: 'mnr', rows: colourTuples() }],
])('%s', (_, given, options) => {
  test('a training resumes bit for bit after an abort and from any checkpoint', async () => {
    const parts = {
      ...clipped,
      ...given,
      maxSteps: 8,
      outputDir: folder,
      saveStrategy: 'steps',
      saveSteps: 3,
    } as const;
    const whole = await train(parts, options);
    const expected = bits(whole.model);
    expect(await listCheckpoints(folder)).toMatchObject([{ step: 3 }, { step: 6 }, { step: 8 }]);

    const earlier = await train(parts, {
      ...options,
      resumeFromCheckpoint: join(folder, 'checkpoint-3'),
    });
    expect(steps(earlier)).toEqual(steps(whole).slice(3));
    expect(bits(earlier.model)).toEqual(expected);

    await rm(folder, { recursive: true });
    const controller = new AbortController();
    const stopped = await train(parts, {
      ...options,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 5) controller.abort();
      },
    });
    expect(stopped.result).toMatchObject({ reason: 'aborted', steps: 5 });
    const resumed = await train(parts, { ...options, resumeFromCheckpoint: true });
    expect(resumed.result).toMatchObject({ reason: 'completed', steps: 8 });
    expect(bits(resumed.model)).toEqual(expected);
    expect(resumed.result.trainLoss).toBe(whole.result.trainLoss);
  });
});

describe.each([
  ['the last update', 6],
  ['one before it', 4],
])('an abort during the evaluation after %s', (_, during) => {
  test('ends the evaluation and leaves no checkpoint without an evaluation', async () => {
    const given = {
      maxSteps: 6,
      outputDir: folder,
      saveStrategy: 'steps',
      saveSteps: 2,
      evalStrategy: 'steps',
      evalSteps: 2,
      metricForBestModel: 'order',
      loadBestModelAtEnd: true,
    } as const;
    const measured = async (scored: { weights: Weights }) => ({
      order: [...scored.weights.values()].reduce((sum, { data }) => sum + (data[0] as number), 0),
    });
    const whole = await train(given, { evaluator: measured });
    await rm(folder, { recursive: true });

    const controller = new AbortController();
    let step = 0;
    const stopped = await train(given, {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step') step = event.step;
      },
      evaluator: async (model, { signal }) => {
        if (step === during) controller.abort();
        signal?.throwIfAborted();
        return measured(model);
      },
    });
    expect(stopped.result).toMatchObject({ reason: 'aborted', steps: during });
    expect((await listCheckpoints(folder)).at(-1)).toMatchObject({ step: during - 2 });
    const resumed = await train(given, { resumeFromCheckpoint: true, evaluator: measured });
    expect(resumed.result).toMatchObject({
      reason: 'completed',
      bestStep: whole.result.bestStep,
      bestMetric: whole.result.bestMetric,
    });
    expect(bits(resumed.model)).toEqual(bits(whole.model));
  });
});

test('resuming a completed training changes nothing', async () => {
  const given = { maxSteps: 2, outputDir: folder, saveStrategy: 'steps', saveSteps: 1 } as const;
  const { model, result } = await train(given);
  const again = await train(given, { resumeFromCheckpoint: true });
  const { trainLoss } = result;
  expect(again.result).toMatchObject({ reason: 'completed', steps: 2, trainLoss });
  expect(bits(again.model)).toEqual(bits(model));
});

test('resuming a training that stopped early changes nothing', async () => {
  const given = {
    maxSteps: 20,
    learningRate: 0,
    outputDir: folder,
    saveStrategy: 'steps',
    saveSteps: 1,
    evalStrategy: 'steps',
    evalSteps: 1,
    earlyStoppingPatience: 2,
  } as const;
  const { result } = await train(given);
  expect(result).toMatchObject({ reason: 'early stopping', steps: 3 });
  const again = await train(given, { resumeFromCheckpoint: true });
  expect(again.result).toMatchObject({ reason: 'early stopping', steps: 3 });
});

test('a checkpoint of a training with other data, arguments, loss or batches is refused', async () => {
  const given = { maxSteps: 2, outputDir: folder, saveStrategy: 'steps', saveSteps: 1 } as const;
  const rows = colourPairs();
  await train(given, { rows });
  const resume = { rows, resumeFromCheckpoint: true };
  const others = [
    () => train({ ...given, learningRate: 1e-3 }, resume),
    () => train(given, { ...resume, rows: rows.slice(1) }),
    () => train(given, { ...resume, model: tinyModel({ numLabels: 2 }), loss: 'softmax' }),
    () => train(given, { ...resume, batchSampler: noDuplicatesBatches }),
  ];
  for (const other of others) {
    await expect(other()).rejects.toMatchObject({
      name: 'CheckpointError',
      message: expect.stringContaining('other data, arguments or loss'),
    });
  }
  // Where events go to and how many threads work shapes nothing.
  await train({ ...given, loggingSteps: 2 }, resume);
});

test('a damaged checkpoint is refused, and the model does not change', async () => {
  const given = { maxSteps: 2, outputDir: folder, saveStrategy: 'steps', saveSteps: 1 } as const;
  await train(given);
  const checkpoint = join(folder, 'checkpoint-2');
  const resume = async () => {
    const model = tinyModel();
    const before = bits(model);
    const run = train(given, { model, resumeFromCheckpoint: checkpoint });
    await expect(run).rejects.toThrow(/checkpoint-2/);
    expect(bits(model)).toEqual(before);
    return run.catch((error: Error) => error.name);
  };
  const original = join(folder, 'original');
  await cp(checkpoint, original, { recursive: true });
  const states = ['', '{', 'null', '[]', '{"version": 2}'];
  for (const state of states) {
    await writeFile(join(checkpoint, 'trainer_state.json'), state);
    expect(await resume()).toBe('CheckpointError');
  }
  await cp(original, checkpoint, { recursive: true });
  // Moments of a model whose sizes are others.
  await cp(join(original, 'model.safetensors'), join(checkpoint, 'optimizer.safetensors'));
  expect(await resume()).toBe('CheckpointError');
  await cp(original, checkpoint, { recursive: true });
  await writeFile(join(checkpoint, 'optimizer.safetensors'), 'nonsense');
  expect(await resume()).toBe('SafetensorsError');
});

test('resuming without a checkpoint is refused', async () => {
  const run = train({ maxSteps: 1, outputDir: folder }, { resumeFromCheckpoint: true });
  await expect(run).rejects.toThrow(`no checkpoint to resume from in ${folder}`);
  const nowhere = train({ maxSteps: 1 }, { resumeFromCheckpoint: join(folder, 'checkpoint-9') });
  await expect(nowhere).rejects.toMatchObject({ name: 'CheckpointError' });
});
