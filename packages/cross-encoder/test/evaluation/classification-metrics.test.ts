import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  averagePrecisionOverThresholds,
  bestF1Threshold,
  classifyAt,
  mostAccurateThreshold,
} from '../../src/evaluation/metrics/binary-classification.js';
import { multiClassF1, predictedClass } from '../../src/evaluation/metrics/multi-class.js';

const labelled = fc
  .array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1)), { minLength: 1 })
  .map((rows) => ({
    scores: rows.map(([score]) => score),
    labels: rows.map(([, label]) => label),
  }));

test('classifyAt with a found threshold gives the metrics of that threshold', () => {
  fc.assert(
    fc.property(labelled, ({ scores, labels }) => {
      for (const found of [mostAccurateThreshold, bestF1Threshold]) {
        const promised = found(scores, labels);
        expect(classifyAt(promised.threshold, scores, labels)).toEqual(promised);
      }
    }),
  );
});

test('no threshold is better than the one found', () => {
  fc.assert(
    fc.property(labelled, fc.double({ noNaN: true }), ({ scores, labels }, threshold) => {
      const other = classifyAt(threshold, scores, labels);
      expect(mostAccurateThreshold(scores, labels).accuracy).toBeGreaterThanOrEqual(other.accuracy);
      expect(bestF1Threshold(scores, labels).f1).toBeGreaterThanOrEqual(other.f1);
    }),
  );
});

test('hand arithmetic: three positives of five', () => {
  const scores = [0.9, 0.8, 0.7, 0.6, 0.1];
  const labels = [1, 0, 1, 1, 0];
  const at = classifyAt(0.65, scores, labels);
  expect(at).toMatchObject({ accuracy: 3 / 5, precision: 2 / 3, recall: 2 / 3 });
  expect(at.f1).toBeCloseTo(2 / 3, 12);
  const best = bestF1Threshold(scores, labels);
  expect(best.threshold).toBeCloseTo(0.35, 12);
  expect(best.f1).toBeCloseTo(6 / 7, 12);
  const precisionAtEachPositive = (1 + 2 / 3 + 3 / 4) / 3;
  expect(averagePrecisionOverThresholds(scores, labels)).toBeCloseTo(precisionAtEachPositive, 12);
});

test('a constant scorer gets the majority as accuracy and the share of positives as precision', () => {
  const scores = [2, 2, 2, 2, 2];
  const labels = [1, 0, 0, 0, 0];
  expect(mostAccurateThreshold(scores, labels).accuracy).toBe(4 / 5);
  expect(mostAccurateThreshold(scores, labels).threshold).toBeGreaterThan(2);
  expect(averagePrecisionOverThresholds(scores, labels)).toBe(1 / 5);
});

test('data of one class give numbers, not NaN', () => {
  expect(bestF1Threshold([1, 2], [0, 0])).toMatchObject({ f1: 0, precision: 0, recall: 0 });
  expect(averagePrecisionOverThresholds([1, 2], [0, 0])).toBe(0);
  expect(mostAccurateThreshold([1, 2], [1, 1])).toMatchObject({ accuracy: 1, threshold: 1 });
});

test('infinite scores and neighboring floats are separated', () => {
  expect(bestF1Threshold([Infinity, -Infinity], [1, 0])).toMatchObject({ f1: 1, accuracy: 1 });
  const next = 1 + Number.EPSILON;
  expect(bestF1Threshold([next, 1], [1, 0])).toMatchObject({ f1: 1, threshold: next });
});

test('labels other than 0 and 1, NaN and empty sets are refused', () => {
  expect(() => classifyAt(0, [1], [0.5])).toThrow(/0 \(negative\) or 1 \(positive\), got 0.5/);
  expect(() => classifyAt(Number.NaN, [1], [1])).toThrow(/NaN/);
  expect(() => mostAccurateThreshold([Number.NaN], [1])).toThrow(/NaN/);
  expect(() => mostAccurateThreshold([], [])).toThrow(/at least one pair/);
});

test('hand arithmetic: F1 of three classes, one of them never predicted', () => {
  const f1 = multiClassF1([0, 0, 1, 1, 1], [0, 0, 1, 2, 2]);
  expect(f1.macro).toBeCloseTo((1 + 1 / 2 + 0) / 3, 12);
  expect(f1.micro).toBeCloseTo(3 / 5, 12);
  expect(f1.weighted).toBeCloseTo((2 * 1 + 1 * (1 / 2)) / 5, 12);
  expect(() => multiClassF1([0.5], [1])).toThrow(/whole number/);
  expect(() => multiClassF1([], [])).toThrow(/at least one pair/);
});

test('the predicted class is the highest score, the first of equals; NaN is refused', () => {
  expect(predictedClass([0.1, 0.7, 0.7])).toBe(1);
  expect(() => predictedClass([0, Number.NaN])).toThrow(/NaN for class 1/);
});
