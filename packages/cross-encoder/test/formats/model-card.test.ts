import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ModelCardFacts, modelCard } from '../../src/formats/model-card.js';

const facts: ModelCardFacts = {
  modelType: 'bert',
  numLabels: 1,
  maxLength: 256,
  activation: 'Sigmoid',
  license: 'apache-2.0',
  baseModel: 'sentence-transformers/all-MiniLM-L6-v2',
  loss: { name: 'BinaryCrossEntropyLoss', parameters: { posWeight: 4, activationFn: 'Identity' } },
  dataset: { hash: '0123456789abcdef', size: 12_000 },
  seed: 42,
  evaluations: [
    {
      name: 'test',
      evaluationHash: 'fedcba9876543210',
      count: 500,
      metrics: [
        { name: 'ndcg@10', value: 0.63129, interval: [0.601, 0.662], baseline: 0.57 },
        { name: 'map', value: 0.5 },
      ],
    },
  ],
  trainingArguments: { learningRate: 2e-5, bf16: false, lrSchedulerType: 'linear', maxSteps: null },
  versions: { '@learning-reranker/cross-encoder': '0.1.0', node: '20.20.2' },
};

test('the front matter has what the hub needs from a reranker', () => {
  expect(modelCard(facts).split('\n---\n')[0]).toBe(
    [
      '---',
      'license: apache-2.0',
      'library_name: sentence-transformers',
      'pipeline_tag: text-ranking',
      'base_model: sentence-transformers/all-MiniLM-L6-v2',
      'tags:',
      '- sentence-transformers',
      '- cross-encoder',
      '- reranker',
      '- dataset_size:12000',
      '- loss:BinaryCrossEntropyLoss',
      'metrics:',
      '- ndcg@10',
      '- map',
    ].join('\n'),
  );
  expect(modelCard({ ...facts, numLabels: 2 })).toContain('pipeline_tag: text-classification');
});

test('the body lists loss, data, seed, arguments and metrics with their intervals', () => {
  const card = modelCard(facts);
  expect(card).toContain('| ndcg@10 | 0.6313 | 0.6010 to 0.6620 | 0.5700 |');
  expect(card).toContain('| map | 0.5000 |  |  |');
  expect(card).toContain('- Loss: BinaryCrossEntropyLoss (posWeight 4, activationFn Identity)');
  expect(card).toContain('- Dataset: 12000 records, hash 0123456789abcdef');
  expect(card).toContain('- Seed: 42');
  expect(card).toContain('| learningRate | 0.00002 |');
  expect(card).toContain('| maxSteps | null |');
});

test('a model with few known facts has a card, too', () => {
  const card = modelCard({
    modelType: 'bert',
    numLabels: 1,
    maxLength: 512,
    activation: 'Identity',
  });
  expect(card).toMatch(/^---\nlibrary_name: sentence-transformers\n/);
  expect(card).not.toMatch(/undefined|null|## Training|## Evaluation/);
});

describe('a card contains no text of a user', () => {
  test.each(['/home/me/secret-project/model', 'C:\\models\\x', '../model', 'a b/c', 'x'])(
    'a base model given as %j is left out',
    (baseModel) => {
      expect(modelCard({ ...facts, baseModel })).not.toContain(
        baseModel === 'x' ? 'base_model' : baseModel,
      );
    },
  );

  test('arguments that are paths or sentences are left out', () => {
    const card = modelCard({
      ...facts,
      trainingArguments: { outputDir: '/home/me/runs', runName: 'my secret query text', epochs: 1 },
    });
    expect(card).not.toMatch(/home|secret/);
    expect(card).toContain('| epochs | 1 |');
  });

  test('a hostile name breaks neither the front matter nor the tables', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hostile = `x\n---\n<script>|${text}`;
        const card = modelCard({
          ...facts,
          license: hostile,
          modelType: hostile,
          loss: { name: hostile, parameters: { [hostile]: hostile } },
          dataset: { hash: hostile, size: 1 },
          evaluations: [
            {
              name: hostile,
              evaluationHash: hostile,
              count: 1,
              metrics: [{ name: hostile, value: 1 }],
            },
          ],
          versions: { [hostile]: hostile },
        });
        expect(card.match(/^---$/gm)?.length).toBe(2);
        expect(card).not.toContain('<script>');
      }),
      { numRuns: 25 },
    );
  });
});
