import { GraphSession, type Value } from '@learning-reranker/onnx-autodiff';
import { expect, test } from 'vitest';
import { packSequences } from '../../src/batching/pack.js';
import type { AttentionLayout } from '../../src/batching/packed-inputs.js';
import type { CrossEncoder } from '../../src/cross-encoder.js';
import { createLoss } from '../../src/losses/index.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import { PairEncoder } from '../../src/tokenization/pair-encoder.js';
import type { TrainingExample } from '../../src/training/example.js';
import { GradientStep } from '../../src/training/gradient-step.js';
import { gradientOf, trainingGraph } from '../../src/training/training-graph.js';
import { colourPairs, tinyModel } from '../tiny-model.js';

const rows: readonly TrainingExample[] = [
  ...colourPairs().slice(0, 5),
  { query: 'sea sea ink rose', documents: ['leaf blue grass sky red green'], labels: [0.5] },
];

interface Gradients {
  readonly loss: number;
  readonly byName: ReadonlyMap<string, Float32Array>;
}

const model = tinyModel({ dropout: 0 });
const loss = createLoss('bce');

/** Loss and gradients of every weight, computed with attention laid out in this way. */
async function gradientsWith(
  layout: AttentionLayout,
  examples: readonly TrainingExample[],
): Promise<Gradients> {
  const { architecture, config } = model;
  const graph = trainingGraph(architecture, config, loss, layout);
  const session = await GraphSession.create(graph.model, { threads: 1 });
  const encoder = new PairEncoder(model.tokenizer, model.maxLength);
  const { pairs, feeds } = loss.arrange(examples, new SeededRandom(1));
  const packed = packSequences(
    pairs.map((pair) => pair && encoder.encode(...pair)),
    graph.packing,
  );
  const names = Object.keys(graph.model.outputs).filter((name) => name !== 'logits');
  const results = await session.run(
    new Map<string, Value>([...model.weights, ...packed.feeds, ...feeds]),
    new Map(names.map((name) => [name, null])),
  );
  await session.release();
  const byName = new Map<string, Float32Array>();
  for (const name of graph.dense) {
    byName.set(name, results.get(gradientOf(name))!.data as Float32Array);
  }
  for (const { parameter, indexOutput, rowsOutput } of graph.lookups) {
    const { shape, data } = model.weights.get(parameter)!;
    const width = shape[1]!;
    const sum = new Float32Array(data.length);
    const values = results.get(rowsOutput)!.data as Float32Array;
    (results.get(indexOutput)!.data as Int32Array).forEach((row, token) => {
      for (let i = 0; i < width; i++) sum[row * width + i]! += values[token * width + i]!;
    });
    byName.set(parameter, sum);
  }
  return { loss: results.get('loss')!.data[0] as number, byName };
}

function expectEqual(found: Gradients, wanted: Gradients): void {
  expect(found.loss).toBeCloseTo(wanted.loss, 5);
  expect([...found.byName.keys()].sort()).toEqual([...wanted.byName.keys()].sort());
  for (const [name, gradient] of wanted.byName) {
    const own = found.byName.get(name)!;
    const largest = gradient.reduce(
      (most, value, at) => Math.max(most, Math.abs(value - own[at]!)),
      0,
    );
    expect(largest, name).toBeLessThan(1e-5);
  }
}

const plain = await gradientsWith({ groups: 1, single: false }, rows);

test('every weight except the key biases has a gradient', () => {
  for (const [name, gradient] of plain.byName) {
    const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (name.endsWith('key.bias')) expect(largest).toBeLessThan(1e-6);
    else expect(largest, name).toBeGreaterThan(1e-5);
  }
});

test.each([
  { groups: 2, single: false },
  { groups: 4, single: false },
  { groups: 8, single: false },
  { groups: 7, single: true },
])('gradients do not depend on how attention is laid out: %o', async (layout) => {
  expectEqual(await gradientsWith(layout, rows), plain);
});

test('gradients do not depend on the order of rows', async () => {
  const orders = [[...rows].reverse(), new SeededRandom(5).shuffle([...rows])];
  for (const order of orders) {
    expectEqual(await gradientsWith({ groups: 3, single: false }, order), plain);
  }
});

test('a batch is the mean of its rows', async () => {
  const single = await Promise.all(
    rows.map((row) => gradientsWith({ groups: 2, single: true }, [row])),
  );
  const share = 1 / rows.length;
  const byName = new Map(
    [...plain.byName].map(([name, { length }]) => [
      name,
      Float32Array.from({ length }, (_, at) =>
        single.reduce((sum, one) => sum + share * one.byName.get(name)![at]!, 0),
      ),
    ]),
  );
  expectEqual({ loss: single.reduce((sum, one) => sum + share * one.loss, 0), byName }, plain);
});

async function gradientStep(of: CrossEncoder) {
  return GradientStep.create({
    model: of,
    loss,
    encoder: new PairEncoder(of.tokenizer, of.maxLength),
    masks: () => {
      throw new Error('there is no dropout');
    },
    optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    threads: 1,
  });
}

test('a training step gives the same gradients, adds up batches, and clear resets them', async () => {
  const step = await gradientStep(tinyModel({ dropout: 0 }));
  const gradients = (value: number, factor = 1): Gradients => ({
    loss: value,
    byName: new Map(
      step.optimizer.parameters.map(({ name, gradient }) => [
        name,
        gradient.map((one) => one * factor),
      ]),
    ),
  });
  const accumulate = async (examples: readonly TrainingExample[]) =>
    (await step.accumulate(loss.arrange(examples, new SeededRandom(1)))).loss;

  expectEqual(gradients(await accumulate(rows)), plain);
  step.clear();
  // One row alone leaves groups of attention with nothing but fillers.
  const [first, ...others] = rows as [TrainingExample, ...TrainingExample[]];
  const alone = await accumulate([first]);
  expectEqual(gradients(alone), await gradientsWith({ groups: 1, single: false }, [first]));
  step.clear();
  const halves = [await accumulate(rows.slice(0, 3)), await accumulate(rows.slice(3))];
  expectEqual(gradients((halves[0]! + halves[1]!) / 2, 0.5), plain);
  step.clear();
  await accumulate(others);
  step.clear();
  expectEqual(gradients(await accumulate(rows)), plain);
  await step.release();
});
