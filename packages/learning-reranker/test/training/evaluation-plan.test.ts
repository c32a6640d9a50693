import { resolveTrainingArguments } from '@learning-reranker/cross-encoder';
import { describe, expect, it } from 'vitest';
import { withStops } from '../../src/training/evaluation-plan.js';

const rowsOf = (rows: number, documents: number) =>
  Array.from({ length: rows }, () => ({ documents: new Array(documents).fill('text') }));
const listsOf = (queries: number) =>
  Array.from({ length: queries }, () => ({ candidates: new Array(20) }));
const given = resolveTrainingArguments({
  numTrainEpochs: 1,
  perDeviceTrainBatchSize: 10,
  evalStrategy: 'steps',
});

describe('the evaluations of a training', () => {
  it('happen five times in a long training', () => {
    expect(withStops(given, rowsOf(10_000, 1), listsOf(60))).toMatchObject({
      saveSteps: 200,
      evalSteps: 200,
      loadBestModelAtEnd: true,
    });
  });

  it('take at most a third of the training time, and happen at least once', () => {
    expect(withStops(given, rowsOf(2400, 1), listsOf(60)).evalSteps).toBe(120);
    expect(withStops(given, rowsOf(240, 10), listsOf(60)).evalSteps).toBe(12);
    expect(withStops(given, rowsOf(100, 1), listsOf(60))).toMatchObject({
      evalSteps: 10,
      saveSteps: 2,
    });
    expect(withStops({ ...given, maxSteps: 240 }, rowsOf(100, 1), listsOf(60)).evalSteps).toBe(120);
  });

  it('do not choose the weights if there are too few dev queries', () => {
    expect(withStops(given, rowsOf(1000, 1), listsOf(29)).loadBestModelAtEnd).toBe(false);
    expect(withStops(given, rowsOf(1000, 1), listsOf(30)).loadBestModelAtEnd).toBe(true);
  });

  it('are frequent enough for early stopping', () => {
    const patient = { ...given, earlyStoppingPatience: 2 };
    expect(withStops(patient, rowsOf(100, 1), listsOf(60)).evalSteps).toBe(2);
  });

  it('do not happen without dev queries', () => {
    expect(withStops({ ...given, earlyStoppingPatience: 2 }, rowsOf(100, 1), [])).toMatchObject({
      evalStrategy: 'no',
      saveSteps: 2,
      loadBestModelAtEnd: false,
      earlyStoppingPatience: null,
    });
  });
});
