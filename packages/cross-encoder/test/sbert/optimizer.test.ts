import { expect, test } from 'vitest';
import {
  adamwUpdate,
  gradientNorm,
  isDecayed,
  type OptimizedParameter,
} from '../../src/training/adamw.js';
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

test.each(runs)("twelve AdamW steps are torch's: $arguments", ({ arguments: given, steps }) => {
  const parameters = Object.entries(initial).map(
    ([name, values]): OptimizedParameter => ({
      name,
      weight: { shape: shapes[name]!, data: Float32Array.from(values) },
      gradient: new Float32Array(values.length),
      moments: {
        first: new Float32Array(values.length),
        second: new Float32Array(values.length),
      },
    }),
  );
  const warmup = warmupSteps(given.warmup, steps.length);
  steps.forEach((step, index) => {
    for (const { name, gradient } of parameters) gradient.set(gradients[index]![name]!);
    const factor = learningRateFactor(
      { type: 'linear', totalSteps: steps.length, warmupSteps: warmup },
      index,
    );
    const learningRate = given.learningRate * factor;
    expect(learningRate).toBeCloseTo(step.learningRate, 9);
    const norm = gradientNorm(parameters);
    expect(Math.abs(norm / step.gradNorm - 1)).toBeLessThan(1e-6);
    const limit = given.maxGradNorm ?? Number.POSITIVE_INFINITY;
    // torch clips to limit / (norm + 1e-6)
    const scale = Math.min(1, limit / (norm + 1e-6));
    adamwUpdate(parameters, index + 1, learningRate, scale, {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: given.weightDecay,
    });
    for (const { name, weight } of parameters) {
      step.parameters[name]!.forEach((expected, i) => {
        expect(Math.abs((weight.data[i] as number) - expected)).toBeLessThan(1e-6);
      });
    }
  });
});

test('the recorded runs decay the parameters that are decayed here', () => {
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
