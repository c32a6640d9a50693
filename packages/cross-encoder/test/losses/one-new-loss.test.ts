import { input, multiply, reduceMean, reshape, subtract } from '@learning-reranker/onnx-autodiff';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createLoss,
  defineLoss,
  findLoss,
  LossChoiceError,
  lossDescriptions,
  registerLoss,
} from '../../src/index.js';
import { train } from '../training/tiny-run.js';
import { lossValue } from './loss-value.js';

/** All that a new loss takes. In the package it is one file, and one line in losses/index.ts. */
const mseLoss = defineLoss(
  {
    name: 'MSELoss',
    alias: 'mse',
    summary: 'Squared difference between the logit and the label.',
    dataShape: 'labelled-pairs',
    inputs: '(query, document) pairs',
    labels: 'the score to learn',
    numLabels: { exactly: 1 },
    parameters: [
      { name: 'factor', type: 'number', default: 1, minimum: 0, description: 'A multiplier.' },
    ],
    purpose: 'Learns the scores of a stronger model.',
    activation: 'none',
    batchSize: { from: 16, to: 64, recommended: 16 },
    batchSizeAdvice: 'Any.',
    relations: [],
    otherNames: { L2Loss: 'the loss of squared differences is MSELoss (mse)' },
    references: ['torch.nn.MSELoss'],
  },
  ({ factor }) => ({
    arrange(examples) {
      const labels = Float32Array.from(examples, (example) => example.labels?.[0] ?? 0);
      return {
        pairs: examples.map(({ query, documents }) => [query, documents[0] ?? '']),
        feeds: new Map([['labels', { data: labels, shape: [labels.length] }]]),
      };
    },
    forward(logits) {
      const labels = input('labels', 'float32', ['sequences']);
      const error = subtract(reshape(logits, ['sequences']), labels);
      return multiply(reduceMean(multiply(error, error), [0]), Number(factor));
    },
  }),
);

let remove: () => void;

beforeAll(() => {
  remove = registerLoss(mseLoss);
});

afterAll(() => remove());

test('a registered loss is found by all its names and is in the list of losses', () => {
  for (const name of ['MSELoss', 'mseloss', ' mse ']) expect(findLoss(name).name).toBe('MSELoss');
  expect(lossDescriptions.map(({ alias }) => alias)).toContain('mse');
  expect(() => findLoss('l2loss')).toThrow('the loss of squared differences is MSELoss (mse)');
  expect(() => findLoss('hinge')).toThrow('mse (MSELoss)');
});

test('its parameters are checked against its description', () => {
  expect(createLoss('mse').parameters).toEqual({ factor: 1 });
  expect(() => createLoss('mse', { factor: -1 })).toThrow('MSELoss: factor must be at least 0');
  expect(() => createLoss('mse', { margin: 1 })).toThrow("MSELoss has no parameter 'margin'");
});

test('its value and gradient equal those of its formula', async () => {
  const rows = [
    { query: 'q', documents: ['a'], labels: [1] },
    { query: 'q', documents: ['b'], labels: [-2] },
  ];
  const logits = { a: 4, b: -1 };
  const value = await lossValue(createLoss('mse', { factor: 2 }), rows, ([, document]) => [
    logits[document as 'a' | 'b'],
  ]);
  // 2 * ((4 - 1)² + (-1 + 2)²) / 2, and 2 * (x - y) for each logit.
  expect(value).toMatchObject({ loss: 10, gradient: [6, 2] });
});

test('a model trains with it', async () => {
  const { result, events } = await train({ maxSteps: 2 }, { loss: 'mse', evalRows: null });
  expect(result.steps).toBe(2);
  const [first] = events.filter((event) => event.type === 'step');
  expect(first?.gradNorm).toBeGreaterThan(0);
});

test('a name that is taken is refused, and a removed loss is no longer found', () => {
  expect(() => registerLoss(mseLoss)).toThrow(LossChoiceError);
  expect(() => registerLoss(mseLoss)).toThrow("A loss named 'MSELoss' exists already");
  remove();
  expect(() => findLoss('mse')).toThrow(LossChoiceError);
  expect(lossDescriptions.map(({ alias }) => alias)).not.toContain('mse');
  remove = registerLoss(mseLoss);
});
