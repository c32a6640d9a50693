import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import type { TrainingEvaluator } from '../../src/training/options.js';
import { tinyModel } from '../tiny-model.js';
import { bits, evaluations, train } from './tiny-run.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'best-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const stepsKept = async () => (await listCheckpoints(folder)).map(({ step }) => step);

/** An evaluator that gives these values one after the other. */
function gives(...values: number[]): TrainingEvaluator {
  const left = [...values];
  return async () => ({ map: left.shift() ?? 0 });
}

const everyStep = {
  learningRate: 1e-3,
  evalStrategy: 'steps',
  evalSteps: 1,
  metricForBestModel: 'map',
} as const;

test('loadBestModelAtEnd loads the best model and keeps its checkpoint with the newest', async () => {
  const model = tinyModel();
  let best: ReturnType<typeof bits> | undefined;
  const run = await train(
    {
      ...everyStep,
      maxSteps: 5,
      outputDir: folder,
      loadBestModelAtEnd: true,
      saveTotalLimit: 1,
      saveStrategy: 'steps',
      saveSteps: 1,
    },
    {
      model,
      evaluator: gives(0.1, 0.5, 0.3, 0.5, 0.2),
      onEvent: (event) => {
        if (event.type === 'evaluation' && event.best) best = bits(model);
      },
    },
  );
  expect(run.result).toMatchObject({ steps: 5, bestStep: 2, bestMetric: 0.5, reason: 'completed' });
  expect(evaluations(run).map((event) => event.best)).toEqual([true, true, false, false, false]);
  expect(await stepsKept()).toEqual([2, 5]);
  expect(bits(model)).toEqual(best);
});

test('without loadBestModelAtEnd, training ends with the last model', async () => {
  const given = { ...everyStep, maxSteps: 3 };
  const tracked = await train(given, { evaluator: gives(0.9, 0.5, 0.1) });
  expect(tracked.result).toMatchObject({ bestStep: 1, bestMetric: 0.9 });
  expect(bits(tracked.model)).toEqual(
    bits((await train({ maxSteps: 3, learningRate: 1e-3 })).model),
  );
});

test('the best model is saved even if no other checkpoint is', async () => {
  await train(
    { ...everyStep, maxSteps: 4, outputDir: folder, loadBestModelAtEnd: true },
    { evaluator: gives(0.1, 0.4, 0.2, 0.3) },
  );
  expect(await stepsKept()).toEqual([1, 2]);
});

test('lower is better for a loss, higher for other metrics', async () => {
  const run = await train({
    maxSteps: 6,
    learningRate: 0.3,
    evalStrategy: 'steps',
    evalSteps: 1,
  });
  const losses = evaluations(run).map(({ metrics }) => metrics.eval_loss!);
  expect(run.result.bestMetric).toBe(Math.min(...losses));
  expect(run.result.bestStep).toBe(losses.indexOf(Math.min(...losses)) + 1);
});

test('training stops after earlyStoppingPatience evaluations without enough improvement', async () => {
  const patient = { ...everyStep, maxSteps: 20, earlyStoppingPatience: 2 };
  const exact = await train(patient, { evaluator: gives(0.1, 0.2, 0.2, 0.15, 0.9) });
  expect(exact.result).toMatchObject({ reason: 'early stopping', steps: 4, bestStep: 2 });
  expect(exact.events.at(-1)).toMatchObject({ type: 'end', reason: 'early stopping', step: 4 });
  const demanding = { ...patient, earlyStoppingThreshold: 0.05 };
  const slow = await train(demanding, { evaluator: gives(0.1, 0.13, 0.16, 0.9) });
  expect(slow.result).toMatchObject({ reason: 'early stopping', steps: 3, bestStep: 3 });
});

test('an evaluator and predictions after training use the current weights', async () => {
  const model = tinyModel();
  const pair = [['sky', 'blue']] as const;
  const before = await model.predict(pair);
  const seen: number[][] = [];
  await train(
    { ...everyStep, maxSteps: 3, learningRate: 0.05 },
    {
      model,
      evaluator: async (current) => {
        const usual = await current.predict(pair);
        const following = await current.predict(pair, { followWeights: true });
        expect(following[0]).toBeCloseTo(usual[0]!, 5);
        seen.push([...usual]);
        return { map: 0 };
      },
    },
  );
  const after = await model.predict(pair);
  expect(new Set([before[0], ...seen.map(([score]) => score)]).size).toBe(4);
  expect([...after]).toEqual(seen.at(-1));
  await model.release();
});

test('metricForBestModel may be missing if no argument needs the best model', async () => {
  const given = { maxSteps: 1, evalStrategy: 'steps', evalSteps: 1 } as const;
  const run = await train(given, { evaluator: gives(0.5), evalRows: null });
  expect(run.result.bestStep).toBeNull();
  expect(evaluations(run)).toMatchObject([{ metrics: { eval_map: 0.5 }, best: false }]);
});

test('a metric that is missing or NaN ends training with an error that names it', async () => {
  const run = (metric: string, ...values: number[]) =>
    train(
      { ...everyStep, maxSteps: 3, metricForBestModel: metric, earlyStoppingPatience: 1 },
      { evaluator: gives(...values) },
    );
  await expect(run('ndcg', 0.5)).rejects.toMatchObject({
    code: 'no-metric',
    message:
      "The evaluation did not measure metricForBestModel 'ndcg'. It measured eval_loss, eval_map.",
  });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    await expect(run('map', value)).rejects.toMatchObject({ code: 'not-finite' });
  }
});

test('a missing best checkpoint is an error', async () => {
  const run = train(
    { ...everyStep, maxSteps: 2, outputDir: folder, loadBestModelAtEnd: true },
    {
      evaluator: async () => {
        const first = (await listCheckpoints(folder)).length === 0;
        if (!first) await rm(join(folder, 'checkpoint-1'), { recursive: true });
        return { map: first ? 0.9 : 0.1 };
      },
    },
  );
  await expect(run).rejects.toThrow('The best checkpoint, of update 1, is missing');
});
