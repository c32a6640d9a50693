import { expect, test } from 'vitest';
import type { Weights } from '../../src/formats/weights.js';
import { AdamW, isDecayed } from '../../src/training/adamw.js';
import {
  learningRateFactor,
  type SchedulerType,
  warmupSteps,
} from '../../src/training/schedule.js';
import { fixture } from '../evaluation/fixture.js';

type Values = Record<string, number[]>;

interface RecordedRuns {
  shapes: Values;
  decayed: string[];
  initial: Values;
  gradients: Values[];
  runs: {
    arguments: {
      learningRate: number;
      warmup: number;
      weightDecay: number;
      maxGradNorm: number | null;
    };
    steps: { learningRate: number; gradNorm: number; parameters: Values }[];
  }[];
}

const { shapes, decayed, initial, gradients, runs } = await fixture<RecordedRuns>('adamw');

const layouts = [
  { layout: 'whole', tables: new Set<string>() },
  { layout: 'row by row', tables: new Set(['dense.weight']) },
];
const cases = runs.flatMap((run) => layouts.map((layout) => ({ ...run, ...layout })));

test.each(cases)("twelve AdamW steps, $layout, are torch's: $arguments", (one) => {
  const { arguments: given, steps, tables } = one;
  const weights: Weights = new Map(
    Object.entries(initial).map(([name, values]) => [
      name,
      { shape: shapes[name]!, data: Float32Array.from(values) },
    ]),
  );
  const { weightDecay } = given;
  const adamw = new AdamW(weights, tables, {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay,
  });
  const warmup = warmupSteps(given.warmup, steps.length);
  const schedule = { type: 'linear', totalSteps: steps.length, warmupSteps: warmup } as const;
  steps.forEach((step, index) => {
    for (const { name, gradient, rows } of adamw.parameters) {
      gradient.set(gradients[index]![name]!);
      for (let row = 0; rows && row < shapes[name]![0]!; row++) rows.touch(row);
    }
    const learningRate = given.learningRate * learningRateFactor(schedule, index);
    expect(learningRate).toBeCloseTo(step.learningRate, 9);
    const norm = adamw.gradientNorm();
    expect(Math.abs(norm / step.gradNorm - 1)).toBeLessThan(1e-6);
    const limit = given.maxGradNorm ?? Number.POSITIVE_INFINITY;
    // torch clips to limit / (norm + 1e-6)
    adamw.update(index + 1, learningRate, Math.min(1, limit / (norm + 1e-6)));
    for (const [name, { data }] of weights) {
      step.parameters[name]!.forEach((expected, i) => {
        expect(Math.abs((data[i] as number) - expected)).toBeLessThan(1e-6);
      });
    }
  });
});

test('the recorded trainings decay the same parameters', () => {
  expect(Object.keys(initial).filter(isDecayed)).toEqual(decayed);
});

test("which parameters of a BERT classifier are decayed is transformers' choice", async () => {
  const expected = await fixture<Record<string, boolean>>('decayed-parameters');
  expect(Object.keys(expected).length).toBe(25);
  for (const [name, choice] of Object.entries(expected)) expect(isDecayed(name), name).toBe(choice);
});

test("the learning rates are those of transformers' schedules", async () => {
  const schedules =
    await fixture<
      { schedule: SchedulerType; steps: number; warmupSteps: number; rates: number[] }[]
    >('schedules');
  expect(schedules.length).toBe(20);
  for (const { schedule, steps, warmupSteps, rates } of schedules) {
    rates.forEach((rate, step) => {
      const factor = learningRateFactor({ type: schedule, totalSteps: steps, warmupSteps }, step);
      expect(factor).toBeCloseTo(rate, 9);
    });
  }
});
