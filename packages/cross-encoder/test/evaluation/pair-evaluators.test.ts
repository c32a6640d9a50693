import { expect, test } from 'vitest';
import { CrossEncoderClassificationEvaluator } from '../../src/evaluation/classification-evaluator.js';
import { CrossEncoderCorrelationEvaluator } from '../../src/evaluation/correlation-evaluator.js';
import { fixture } from './fixture.js';

const pairsFor = (values: readonly unknown[]) =>
  values.map((_, index) => [String(index), 'document'] as const);

/** Gives the scores in the order in which the pairs were numbered. */
const scorer = (scores: readonly number[]) => ({
  predict: async (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([number]) => scores[Number(number)] ?? Number.NaN),
});

const classScorer = (scores: readonly number[][]) => ({
  ...scorer([]),
  predictClasses: async () => scores,
});

test("classification has the keys and values of SBERT's evaluator, to 1e-9", async () => {
  const recorded =
    await fixture<
      {
        labels: number[];
        scores: number[] | number[][];
        metrics: Record<string, number>;
        primaryMetric: string;
      }[]
    >('classification');
  expect(recorded.length).toBe(12);
  for (const { labels, scores, metrics, primaryMetric } of recorded) {
    const evaluator = new CrossEncoderClassificationEvaluator({
      pairs: pairsFor(labels),
      labels,
      intervals: false,
    });
    const result = await evaluator.evaluate(
      Array.isArray(scores[0]) ? classScorer(scores as number[][]) : scorer(scores as number[]),
    );
    expect(result.primaryMetric).toBe(primaryMetric);
    expect(Object.keys(result.metrics).sort()).toEqual(Object.keys(metrics).sort());
    for (const [key, value] of Object.entries(metrics)) {
      expect(Math.abs((result.metrics[key] ?? Number.NaN) - value), key).toBeLessThan(1e-9);
    }
  }
});

test("correlation has the keys and values of SBERT's evaluator, to 1e-9", async () => {
  const recorded =
    await fixture<{ gold: number[]; scores: number[]; metrics: Record<string, number> }[]>(
      'correlation',
    );
  expect(recorded.length).toBe(10);
  for (const { gold, scores, metrics } of recorded) {
    const evaluator = new CrossEncoderCorrelationEvaluator({ pairs: pairsFor(gold), labels: gold });
    const result = await evaluator.evaluate(scorer(scores));
    expect(Object.keys(result.metrics).sort()).toEqual(Object.keys(metrics).sort());
    for (const [key, value] of Object.entries(metrics)) {
      expect(Math.abs((result.metrics[key] ?? Number.NaN) - value), key).toBeLessThan(1e-9);
    }
  }
});

test('a given threshold is applied, not tuned', async () => {
  const labels = [1, 0, 1, 0];
  const evaluator = new CrossEncoderClassificationEvaluator({
    pairs: pairsFor(labels),
    labels,
    threshold: 0.5,
    name: 'test',
  });
  const { metrics, rows, intervals } = await evaluator.evaluate(scorer([0.9, 0.6, 0.4, 0.1]));
  expect(metrics).toMatchObject({
    test_accuracy: 0.5,
    test_accuracy_threshold: 0.5,
    test_f1_threshold: 0.5,
    test_precision: 0.5,
    test_recall: 0.5,
  });
  expect(rows.map(({ predicted }) => predicted)).toEqual([1, 1, 0, 0]);
  expect(intervals.test_accuracy).toMatchObject({ mean: 0.5, n: 4 });
});

test('more than two classes need one score per class, and the error says so', async () => {
  const evaluator = new CrossEncoderClassificationEvaluator({
    pairs: pairsFor([0, 1, 2]),
    labels: [0, 1, 2],
  });
  await expect(evaluator.evaluate(scorer([1, 2, 3]))).rejects.toThrow(/predictClasses/);
});

test('labels and pairs that do not fit are refused when the evaluator is made', () => {
  const classification = (labels: number[]) =>
    new CrossEncoderClassificationEvaluator({ pairs: pairsFor([1, 2]), labels });
  expect(() => classification([1])).toThrow(/got 2 pairs and 1 labels/);
  expect(() => classification([0.5, 1])).toThrow(/Sample 0: label: expected 0 or 1, got 0.5/);
  expect(() => classification([2, -1])).toThrow(/Sample 1: label: expected a whole number/);
  const correlation = (labels: number[]) =>
    new CrossEncoderCorrelationEvaluator({ pairs: pairsFor([1, 2]), labels });
  expect(() => correlation([3, 3])).toThrow(/labels that differ/);
  expect(() => correlation([3, Number.NaN])).toThrow(/Sample 1: label: expected a finite number/);
});

test('NaN scores are errors', async () => {
  const options = { pairs: pairsFor([0, 1]), labels: [0, 1] };
  const broken = scorer([1, Number.NaN]);
  for (const evaluator of [
    new CrossEncoderClassificationEvaluator(options),
    new CrossEncoderCorrelationEvaluator(options),
  ]) {
    await expect(evaluator.evaluate(broken)).rejects.toThrow(/NaN/);
  }
});
