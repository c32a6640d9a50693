import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CrossEncoder } from '../../src/cross-encoder.js';
import { createLoss } from '../../src/losses/index.js';
import { sequentialBatches } from '../../src/training/batches.js';
import type { StepEvent } from '../../src/training/events.js';
import type { TrainingExample } from '../../src/training/example.js';
import { CrossEncoderTrainer } from '../../src/training/trainer.js';
import { largestDifference } from './difference.js';
import { runPython, Workbench } from './python.js';
import { textPairs } from './real-text.js';

const BATCH = 16;

let bench: Workbench;

beforeAll(async () => {
  bench = await Workbench.open();
});
afterAll(() => bench.close());

interface Recorded {
  steps: { loss: number; gradNorm: number; learningRate: number }[];
  logits: (number | number[])[];
}

test.each([
  ['BinaryCrossEntropyLoss', 1, 50],
  ['CrossEntropyLoss', 2, 20],
] as const)(
  "%s, %i logit(s), %i steps: each loss, and the logits of 100 pairs after them, are SBERT's within 1e-3",
  async (name, numLabels, stepCount) => {
    const folder = await bench.makeModel(`model-${numLabels}`, numLabels, 96);
    const texts = await textPairs(stepCount * BATCH + 100);
    const rows: TrainingExample[] = texts.slice(0, stepCount * BATCH).map((text, index) => {
      // Every other pair takes the next one's document: a negative of the same length and style.
      const isPositive = index % 2 === 0;
      const { document } = isPositive ? text : texts[index + 1]!;
      return { query: text.query, documents: [document], labels: [isPositive ? 1 : 0] };
    });
    const probe = texts.slice(stepCount * BATCH);
    const output = bench.path(`${name}.json`);
    const rowsPath = await bench.writeJsonl(`${name}.jsonl`, rows);
    const probePath = await bench.writeJsonl('probe.jsonl', probe);
    const schedule = ['--steps', String(stepCount), '--batch-size', String(BATCH)];
    await runPython('train_steps.py', [folder, rowsPath, name, probePath, output, ...schedule]);
    const expected = JSON.parse(await readFile(output, 'utf8')) as Recorded;
    expect(expected.steps.length).toBe(stepCount);

    const model = await CrossEncoder.load(folder, { threads: 2 });
    const steps: StepEvent[] = [];
    const trainer = new CrossEncoderTrainer({
      model,
      loss: createLoss(name, {}, numLabels),
      trainDataset: rows,
      arguments: {
        maxSteps: stepCount,
        perDeviceTrainBatchSize: BATCH,
        learningRate: 2e-5,
        warmupSteps: 0.1,
        weightDecay: 0.01,
        maxGradNorm: 1,
        saveStrategy: 'no',
        threads: 2,
      },
      batchSampler: (trained, batchSize) => sequentialBatches([...trained.keys()], batchSize),
    });
    await trainer.train({ onEvent: (event) => event.type === 'step' && steps.push(event) });

    expect(steps.length).toBe(stepCount);
    let largestLoss = 0;
    for (const [index, { loss, gradNorm, learningRate }] of expected.steps.entries()) {
      const found = steps[index]!;
      const difference = Math.abs(found.loss - loss);
      largestLoss = Math.max(largestLoss, difference);
      expect(difference, `loss of step ${index + 1}`).toBeLessThan(1e-3);
      expect(Math.abs(found.learningRate - learningRate)).toBeLessThan(1e-12);
      // Gradients of later steps are those of slightly different weights.
      const tolerance = index < 2 ? 1e-4 : 1e-2;
      expect(Math.abs(found.gradNorm / gradNorm - 1), `norm of step ${index + 1}`).toBeLessThan(
        tolerance,
      );
    }
    const logits = await model.logits(probe.map(({ query, document }) => [query, document]));
    const largestLogit = largestDifference(logits, expected.logits.flat());
    expect(largestLogit).toBeLessThan(1e-3);
    console.info(
      `${name}, ${stepCount} steps: largest difference of a loss ${largestLoss.toExponential(1)}, of a logit after them ${largestLogit.toExponential(1)}`,
    );
    await model.release();
  },
);
