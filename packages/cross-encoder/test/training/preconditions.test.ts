import { expect, test } from 'vitest';
import { kebabCase, snakeCase } from '../../src/index.js';
import { createLoss } from '../../src/losses/index.js';
import {
  argumentsFromExposed,
  exposedTrainingArguments,
  resolveTrainingArguments,
  TrainingArgumentError,
  trainingArgumentDescriptions,
} from '../../src/training/arguments.js';
import type { CrossEncoderTrainerOptions } from '../../src/training/options.js';
import { CrossEncoderTrainer } from '../../src/training/trainer.js';
import { colourPairs, colourTuples, tinyModel } from '../tiny-model.js';

test("absent arguments have SBERT's defaults", () => {
  expect(resolveTrainingArguments()).toMatchObject({
    numTrainEpochs: 3,
    maxSteps: -1,
    perDeviceTrainBatchSize: 8,
    perDeviceEvalBatchSize: 8,
    gradientAccumulationSteps: 1,
    learningRate: 5e-5,
    lrSchedulerType: 'linear',
    warmupSteps: 0,
    weightDecay: 0,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
    maxGradNorm: 1,
    seed: 42,
    evalStrategy: 'no',
    saveStrategy: 'steps',
    saveSteps: 500,
    saveTotalLimit: null,
    loadBestModelAtEnd: false,
    metricForBestModel: 'loss',
  });
});

test('every argument has a description and its default is valid', () => {
  const defaults = Object.fromEntries(
    trainingArgumentDescriptions.map((one) => [one.name, one.default]),
  );
  expect(resolveTrainingArguments(defaults)).toEqual(resolveTrainingArguments());
  for (const { description } of trainingArgumentDescriptions) expect(description).not.toBe('');
});

test('users choose arguments by short names, within a range that training accepts', () => {
  expect(exposedTrainingArguments.map(({ name }) => snakeCase(name)).sort()).toEqual([
    'batch_size',
    'early_stopping_patience',
    'epochs',
    'gradient_accumulation_steps',
    'learning_rate',
    'lr_scheduler_type',
    'max_grad_norm',
    'max_length',
    'max_steps',
    'seed',
    'warmup_ratio',
    'weight_decay',
  ]);
  expect(kebabCase('lrSchedulerType')).toBe('lr-scheduler-type');
  expect(
    argumentsFromExposed({ epochs: 2, warmupRatio: 0.1, seed: undefined, base: 'live' }),
  ).toEqual({ numTrainEpochs: 2, warmupSteps: 0.1 });
  for (const { argument, minimum, maximum } of exposedTrainingArguments) {
    for (const bound of [minimum, maximum].filter((value) => value !== undefined)) {
      const given = { evalStrategy: 'steps', [argument]: bound } as const;
      expect(resolveTrainingArguments(given)).toMatchObject(given);
    }
  }
});

test.each([
  [{ learningRate: -1 }, 'learningRate: expected at least 0, got -1'],
  [{ learningRate: Number.NaN }, 'learningRate: expected a number'],
  [{ learningRate: '1e-5' }, 'learningRate: expected a number, got "1e-5"'],
  [{ learning_rate: 1 }, "Unknown training argument 'learning_rate'"],
  [{ perDeviceTrainBatchSize: 0 }, 'perDeviceTrainBatchSize: expected at least 1, got 0'],
  [{ perDeviceTrainBatchSize: 2.5 }, 'expected a whole number, got 2.5'],
  [{ adamBeta1: 1 }, 'adamBeta1: expected less than 1, got 1'],
  [{ adamBeta2: 1.5 }, 'adamBeta2: expected less than 1, got 1.5'],
  [{ lrSchedulerType: 'exponential' }, 'expected one of linear, cosine, constant'],
  [{ evalStrategy: 'sometimes' }, 'expected one of no, steps, epoch'],
  [{ loadBestModelAtEnd: 'yes' }, 'loadBestModelAtEnd: expected a boolean'],
  [{ maxSteps: -2 }, 'maxSteps: expected at least -1, got -2'],
  [{ saveTotalLimit: 0 }, 'saveTotalLimit: expected at least 1, got 0'],
  [{ earlyStoppingPatience: 1 }, 'earlyStoppingPatience needs evaluations'],
  [{ loadBestModelAtEnd: true }, 'loadBestModelAtEnd needs evaluations'],
])('%o is refused', (given, message) => {
  const resolve = () => resolveTrainingArguments(given as never);
  expect(resolve).toThrow(TrainingArgumentError);
  expect(resolve).toThrow(message);
});

const trainer = (options: Partial<CrossEncoderTrainerOptions>) => () =>
  new CrossEncoderTrainer({
    model: tinyModel(),
    loss: createLoss('bce'),
    trainDataset: colourPairs(),
    ...options,
  });

test('no rows, and a head that does not fit the loss, are refused', () => {
  expect(trainer({ trainDataset: [] })).toThrow('trainDataset is empty');
  expect(trainer({ model: tinyModel({ numLabels: 2 }) })).toThrow('head of 1 logits');
  expect(trainer({ loss: createLoss('softmax') })).toThrow('head of at least 2 logits');
});

test('a row that does not fit the loss is refused before training, and its number is named', () => {
  const rows = colourPairs();
  const damaged = [...rows.slice(0, 17), { ...rows[17]!, labels: [7] }, ...rows.slice(18)];
  expect(trainer({ trainDataset: damaged })).toThrow(
    'row 17 of trainDataset: BinaryCrossEntropyLoss: a label must be',
  );
  expect(trainer({ evalDataset: colourTuples() })).toThrow('row 0 of evalDataset: ');
});

test('data in which no batch can have a negative are refused', () => {
  const loss = createLoss('mnr');
  const rows = colourTuples().map(({ query, documents }) => ({
    query,
    documents: [documents[0]!],
  }));
  expect(trainer({ loss, trainDataset: rows })).not.toThrow();
  expect(trainer({ loss, trainDataset: rows, arguments: { perDeviceTrainBatchSize: 1 } })).toThrow(
    'in batches of 1',
  );
  expect(trainer({ loss, trainDataset: rows.slice(0, 1) })).toThrow(
    'at least 2 different positives',
  );
});

test('arguments that need an evaluation are refused without one', () => {
  const evalStrategy = 'epoch';
  const evalDataset = colourPairs();
  const evaluator = async () => ({ map: 1 });
  expect(trainer({ arguments: { evalStrategy } })).toThrow('needs evalDataset or evaluator');
  expect(trainer({ arguments: { evalStrategy }, evaluator })).not.toThrow();
  const patient = { evalStrategy, earlyStoppingPatience: 1 } as const;
  expect(trainer({ arguments: patient, evaluator })).toThrow("'loss' needs evalDataset");
  expect(trainer({ arguments: patient, evaluator, evalDataset })).not.toThrow();
  expect(
    trainer({ arguments: { ...patient, metricForBestModel: 'map' }, evaluator }),
  ).not.toThrow();
  expect(trainer({ arguments: { evalStrategy, loadBestModelAtEnd: true }, evalDataset })).toThrow(
    'Set outputDir',
  );
});
