import { defineLoss, lossDescriptions, registerLoss } from '@learning-reranker/cross-encoder';
import { input, multiply, reduceMean, reshape, subtract } from '@learning-reranker/onnx-autodiff';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestService } from '../api/running-service.js';

/** One loss, registered as its line in the index would; the product must find it by itself. */
registerLoss(
  defineLoss(
    {
      name: 'MSELoss',
      alias: 'mse',
      summary: 'Squared difference between the logit and the label.',
      dataShape: 'labelled-pairs',
      inputs: '(query, document) pairs',
      labels: 'the score to learn',
      numLabels: { exactly: 1 },
      parameters: [],
      purpose: 'Learns the scores of a stronger model.',
      activation: 'none',
      batchSize: { from: 16, to: 64, recommended: 16 },
      batchSizeAdvice: 'Any.',
      relations: [],
      otherNames: {},
      references: ['torch.nn.MSELoss'],
    },
    () => ({
      arrange(examples) {
        const labels = Float32Array.from(examples, (example) => example.labels?.[0] ?? 0);
        return {
          pairs: examples.map(({ query, documents }) => [query, documents[0] ?? '']),
          feeds: new Map([['labels', { data: labels, shape: [labels.length] }]]),
        };
      },
      forward(logits) {
        const error = subtract(
          reshape(logits, ['sequences']),
          input('labels', 'float32', ['sequences']),
        );
        return reduceMean(multiply(error, error), [0]);
      },
    }),
  ),
);

let service: TestService;
beforeAll(async () => {
  const { startTestService } = await import('../api/running-service.js');
  service = await startTestService('embedded');
});
afterAll(() => service.close());

test('is a choice on the command line', async () => {
  const { createProgram } = await import('../../src/cli/program.js');
  const program = await createProgram();
  const train = program.commands.find((one) => one.name() === 'train');
  expect(train?.helpInformation().replace(/\s+/g, ' ')).toContain('margin-mse, mse, or a class');
});

test('is in the API, in /docs and in the settings', async () => {
  const { body } = await service.call('GET', '/api/reranker/losses');
  expect(JSON.stringify(body)).toContain('Squared difference between the logit and the label.');
  const { body: document } = await service.call('GET', '/docs/json');
  expect(JSON.stringify(document.components.schemas.TrainRequest)).toContain('margin-mse, mse,');
  const accepted = await service.call('POST', '/api/config', { loss: 'MSELoss' });
  expect(accepted.status).toBe(200);
});

test('has its own series in the metrics', async () => {
  const { Metrics } = await import('../../src/telemetry/metrics.js');
  const losses = lossDescriptions.map(({ name }) => name);
  const metrics = new Metrics({ emitMargins: true, dialects: [], operations: [], losses });
  metrics.trainingStep('MSELoss', { step: 1, loss: 0.5, etaSeconds: 3 });
  expect(await metrics.text()).toMatch(/\{loss="MSELoss"\} 0\.5/);
});
