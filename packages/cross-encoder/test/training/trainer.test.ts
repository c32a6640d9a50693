import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CrossEncoder } from '../../src/cross-encoder.js';
import { createLoss } from '../../src/losses/index.js';
import type { CrossEncoderTrainingArguments } from '../../src/training/arguments.js';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import type { TrainingEvent } from '../../src/training/events.js';
import type { TrainingExample } from '../../src/training/example.js';
import {
  CrossEncoderTrainer,
  type TrainOptions,
  type TrainResult,
} from '../../src/training/trainer.js';
import { colourPairs, colourTuples, tinyModel } from '../tiny-model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trainer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly model: CrossEncoder;
  readonly result: TrainResult;
  readonly events: TrainingEvent[];
}

async function train(
  given: Partial<CrossEncoderTrainingArguments>,
  options: TrainOptions & {
    loss?: string;
    rows?: TrainingExample[];
    dropout?: number;
    model?: CrossEncoder;
  } = {},
): Promise<Outcome> {
  const { loss = 'bce', rows = colourPairs(), dropout = 0.1, ...call } = options;
  const model = options.model ?? tinyModel({ dropout });
  const events: TrainingEvent[] = [];
  const trainer = new CrossEncoderTrainer({
    model,
    loss: createLoss(loss, loss === 'mnr' ? { numNegatives: 2 } : {}, model.numLabels),
    trainDataset: rows,
    evalDataset: rows,
    arguments: {
      perDeviceTrainBatchSize: 4,
      learningRate: 1e-2,
      saveStrategy: 'no',
      threads: 1,
      ...given,
    },
  });
  const result = await trainer.train({
    ...call,
    onEvent: (event) => {
      events.push(event);
      call.onEvent?.(event);
    },
  });
  return { model, result, events };
}

const bytes = (model: CrossEncoder) =>
  Object.fromEntries([...model.weights].map(([name, { data }]) => [name, [...data]]));

test('a model learns what its rows say', async () => {
  const { model, events } = await train(
    { numTrainEpochs: 40, learningRate: 3e-3, warmupSteps: 0.1 },
    { dropout: 0 },
  );
  const losses = events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));
  expect(losses.at(-1)).toBeLessThan(0.2);
  const [blue, red] = await model.predict([
    ['sky', 'blue'],
    ['sky', 'red'],
  ]);
  expect(blue).toBeGreaterThan(0.8);
  expect(red).toBeLessThan(0.2);
});

test('the same seed gives the same weights, another seed others', async () => {
  const first = bytes((await train({ maxSteps: 4 })).model);
  expect(bytes((await train({ maxSteps: 4 })).model)).toEqual(first);
  expect(bytes((await train({ maxSteps: 4, seed: 43 })).model)).not.toEqual(first);
});

test.each([
  ['dropout, over the end of an epoch', {}, { loss: 'bce', rows: colourPairs() }],
  ['accumulated batches', { gradientAccumulationSteps: 2 }, { loss: 'bce', rows: colourPairs() }],
  ['drawn negatives', {}, { loss: 'mnr', rows: colourTuples() }],
])('a run that was stopped goes on bit for bit: %s', async (_, given, options) => {
  const shaping = { maxSteps: 9, warmupSteps: 0.3, weightDecay: 0.01, ...given };
  const whole = await train(shaping, options);
  const parts = { ...shaping, outputDir: folder, saveStrategy: 'steps', saveSteps: 4 } as const;
  const controller = new AbortController();
  const stopped = await train(parts, {
    ...options,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === 7) controller.abort();
    },
  });
  expect(stopped.result).toMatchObject({ reason: 'aborted', steps: 7 });
  const resumed = await train(parts, { ...options, resumeFromCheckpoint: true });
  expect(resumed.result).toMatchObject({ reason: 'completed', steps: 9 });
  expect(bytes(resumed.model)).toEqual(bytes(whole.model));
  const earlier = await train(parts, {
    ...options,
    resumeFromCheckpoint: join(folder, 'checkpoint-4'),
  });
  expect(bytes(earlier.model)).toEqual(bytes(whole.model));
});

test('a checkpoint of another run is refused', async () => {
  await train({ maxSteps: 2, outputDir: folder, saveStrategy: 'steps', saveSteps: 1 });
  const other = train(
    { maxSteps: 2, outputDir: folder, learningRate: 1e-3 },
    { resumeFromCheckpoint: true },
  );
  await expect(other).rejects.toThrow('other data, arguments or loss');
});

test('a loss that is no number stops the run, and the checkpoint before it stays', async () => {
  const model = tinyModel();
  const run = train(
    { maxSteps: 6, outputDir: folder, saveStrategy: 'steps', saveSteps: 2 },
    {
      model,
      onEvent: (event) => {
        if (event.type !== 'step' || event.step !== 3) return;
        model.weights.get('classifier.bias')!.data[0] = Number.NaN;
      },
    },
  );
  await expect(run).rejects.toMatchObject({ name: 'TrainingError', code: 'not-finite' });
  expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([2]);
});

test('training ends early when evaluations stop improving, with the weights of the best one', async () => {
  const { result, events, model } = await train({
    maxSteps: 40,
    learningRate: 0.3,
    outputDir: folder,
    evalStrategy: 'steps',
    evalSteps: 1,
    earlyStoppingPatience: 3,
    loadBestModelAtEnd: true,
    saveTotalLimit: 1,
  });
  expect(result.reason).toBe('early stopping');
  expect(result.steps).toBe((result.bestStep ?? 0) + 3);
  const best = events
    .filter((event) => event.type === 'evaluation')
    .filter(({ best: isBest }) => isBest)
    .at(-1);
  expect(best?.metrics.eval_loss).toBe(result.bestMetric);
  expect(
    (await readdir(folder)).filter((name) => name === `checkpoint-${result.bestStep}`),
  ).toHaveLength(1);
  const again = await train(
    { maxSteps: 1, learningRate: 0, evalStrategy: 'steps', evalSteps: 1 },
    { model },
  );
  const [after] = again.events.filter((event) => event.type === 'evaluation');
  expect(after?.metrics.eval_loss).toBeCloseTo(result.bestMetric ?? 0, 6);
});

test('two accumulated batches are one of twice the size', async () => {
  const rows = colourPairs().slice(0, 8);
  const big = await train({ maxSteps: 1, perDeviceTrainBatchSize: 8 }, { rows, dropout: 0 });
  const small = await train({ maxSteps: 1, gradientAccumulationSteps: 2 }, { rows, dropout: 0 });
  const norm = ({ events }: Outcome) =>
    events.flatMap((event) => (event.type === 'step' ? [event.gradNorm] : []))[0];
  expect(norm(small)).toBeCloseTo(norm(big) ?? 0, 5);
});

test('fewer rows than a batch, and a single row, train', async () => {
  const [row] = colourPairs();
  expect((await train({ numTrainEpochs: 2 }, { rows: [row!] })).result.steps).toBe(2);
});

test('no rows, a head that does not fit and senseless arguments are refused', () => {
  const loss = createLoss('bce');
  const trainer = (given: object, rows = colourPairs(), model = tinyModel()) =>
    new CrossEncoderTrainer({ model, loss, trainDataset: rows, arguments: given });
  expect(() => trainer({}, [])).toThrow('no training rows');
  expect(() => trainer({}, colourPairs(), tinyModel({ numLabels: 2 }))).toThrow('head of 1 logits');
  expect(() => trainer({ learningRate: -1 })).toThrow('learningRate: expected at least 0, got -1');
  expect(() => trainer({ learning_rate: 1 })).toThrow("no training argument 'learning_rate'");
  expect(() => trainer({ loadBestModelAtEnd: true })).toThrow('needs evaluations');
});
