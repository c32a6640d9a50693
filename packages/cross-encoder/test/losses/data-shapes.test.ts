import { expect, test } from 'vitest';
import { createLoss } from '../../src/losses/index.js';
import { LossDataError } from '../../src/losses/loss.js';
import { SeededRandom } from '../../src/random/seeded-random.js';
import type { TrainingExample } from '../../src/training/example.js';

const row = (documents: string[], labels?: number[], weight?: number): TrainingExample => ({
  query: 'q',
  documents,
  ...(labels && { labels }),
  ...(weight !== undefined && { weight }),
});

const arrange = (name: string, ...rows: TrainingExample[]) =>
  createLoss(name, {}, name === 'softmax' ? 3 : 1).arrange(rows, new SeededRandom(1));

test.each([
  ['bce', row(['a', 'b'], [1]), 'one label each; a row has 2 documents and 1 labels'],
  ['bce', row(['a']), 'a row has 1 documents and 0 labels'],
  ['bce', row([], [1]), 'a row has 0 documents and 1 labels'],
  ['bce', row(['a'], [1, 0]), 'a row has 1 documents and 2 labels'],
  ['bce', row(['a'], [1.5]), 'a row has 1.5'],
  ['bce', row(['a'], [-0.1]), 'a row has -0.1'],
  ['bce', row(['a'], [Number.NaN]), 'a row has NaN'],
  ['softmax', row(['a'], [0.5]), 'a row has 0.5'],
  ['softmax', row(['a'], [-1]), 'a row has -1'],
  ['softmax', row(['a'], [3]), "class 3, but the model's head has 3 classes (0 to 2)"],
  ['softmax', row(['a', 'b'], [0, 1]), 'a row has 2 documents and 2 labels'],
  ['mnr', row([]), 'a row has no document'],
  ['margin-mse', row(['a'], [1]), 'a row has 1 documents and 1 labels'],
  ['margin-mse', row(['a', 'b']), 'a row has 2 documents and 0 labels'],
  ['margin-mse', row(['a', 'b', 'c'], [1]), 'a row has 3 documents and 1 labels'],
  ['margin-mse', row(['a', 'b'], [1, 2, 3]), 'a row has 2 documents and 3 labels'],
  ['margin-mse', row(['a', 'b'], [1, Number.NaN]), 'labels must be numbers; a row has 1,NaN'],
  ['margin-mse', row(['a', 'b'], [Number.POSITIVE_INFINITY]), 'labels must be numbers'],
  ['bce', row(['a'], [1], -1), 'weight of a row must be a number of at least 0, got -1'],
  ['softmax', row(['a'], [1], Number.NaN), 'got NaN'],
  ['mnr', row(['a', 'b'], undefined, Number.POSITIVE_INFINITY), 'got Infinity'],
  ['margin-mse', row(['a', 'b'], [1], -2), 'got -2'],
])('%s refuses a row that does not fit: %o', (name, bad, message) => {
  expect(() => arrange(name, bad)).toThrow(LossDataError);
  expect(() => arrange(name, bad)).toThrow(message);
});

test('errors contain no text of a row', () => {
  const secret = { query: 'secret query', documents: ['secret document', 'x'], labels: [9] };
  for (const name of ['bce', 'softmax']) {
    expect(() => arrange(name, secret)).toThrow(/^(?!.*secret)/);
  }
  const scored = { ...secret, labels: [1, 2, 3, 4] };
  expect(() => arrange('margin-mse', scored)).toThrow(/^(?!.*secret)/);
});

test('soft labels and the last class are accepted', () => {
  expect(arrange('bce', row(['a'], [0.25])).pairs).toEqual([['q', 'a']]);
  expect(arrange('softmax', row(['a'], [2])).pairs).toEqual([['q', 'a']]);
});

test('MultipleNegativesRankingLoss refuses data in which no row can have a negative', () => {
  const loss = createLoss('mnr');
  const rows = [
    { query: 'q1', documents: ['a'] },
    { query: 'q2', documents: ['b'] },
  ];
  const check = (examples: TrainingExample[], batchSize: number) => () =>
    loss.checkBatches?.(examples, batchSize);
  expect(check(rows, 2)).not.toThrow();
  expect(check(rows, 1)).toThrow('the data has 2 positives of 2 queries, in batches of 1');
  expect(check(rows.slice(1), 8)).toThrow('the data has 1 positives of 1 queries, in batches of 8');
  expect(check([row(['a']), row(['b'])], 8)).toThrow('the data has 2 positives of 1 queries');
  expect(check([row(['a', 'hard'])], 1)).not.toThrow();
});
