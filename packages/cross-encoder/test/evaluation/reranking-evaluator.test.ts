import { expect, test } from 'vitest';
import type { PairScorer } from '../../src/evaluation/evaluator.js';
import { CrossEncoderRerankingEvaluator } from '../../src/evaluation/reranking-evaluator.js';
import type { RerankingSample } from '../../src/evaluation/reranking-sample.js';
import { fixture } from './fixture.js';

/** Scores a pair by its document alone. */
const byDocument = (score: (document: string) => number): PairScorer => ({
  predict: async (pairs) => pairs.map(([, document]) => score(document)),
});

interface Recorded {
  samples: RerankingSample[];
  alwaysRerankPositives: boolean;
  scores: [string, string, number][];
  metrics: Record<string, number>;
  primaryMetric: string;
}

test("keys and values are those of SBERT's evaluator, to 1e-9", async () => {
  const recorded = await fixture<Recorded[]>('reranking');
  expect(recorded.length).toBe(3);
  for (const { samples, alwaysRerankPositives, scores, metrics } of recorded) {
    const table = new Map(
      scores.map(([query, document, score]) => [`${query}\n${document}`, score]),
    );
    const evaluator = new CrossEncoderRerankingEvaluator({
      samples,
      alwaysRerankPositives,
      name: 'dev',
      intervals: false,
    });
    const result = await evaluator.evaluate({
      predict: async (pairs) => pairs.map((pair) => table.get(pair.join('\n')) ?? Number.NaN),
    });
    for (const [key, value] of Object.entries(metrics)) {
      expect(Math.abs((result.metrics[key] ?? Number.NaN) - value), key).toBeLessThan(1e-9);
    }
    expect(result.primaryMetric).toBe('dev_ndcg@10');
    expect(
      Object.keys(result.metrics)
        .filter((key) => !key.includes('hit'))
        .sort(),
    ).toEqual(Object.keys(metrics).sort());
  }
});

const samples: RerankingSample[] = [
  { query: 'one', positive: 'a', negative: ['b', 'c', 'd'] },
  { query: 'two', positive: ['a', 'b'], negative: ['c', 'd', 'e', 'f'] },
];

test('a constant scorer scores like a random order, not like the order of the samples', async () => {
  const evaluator = new CrossEncoderRerankingEvaluator({ samples });
  const { metrics } = await evaluator.evaluate(byDocument(() => 0.5));
  const reciprocalOfOneInFour = (1 + 1 / 2 + 1 / 3 + 1 / 4) / 4;
  expect(metrics['hit@1']).toBeCloseTo((1 / 4 + 2 / 6) / 2, 12);
  expect((await evaluator.evaluate(byDocument(() => 0.5))).rows[0]?.metrics['mrr@10']).toBeCloseTo(
    reciprocalOfOneInFour,
    12,
  );
});

test('NaN and a wrong number of scores are errors', async () => {
  const evaluator = new CrossEncoderRerankingEvaluator({ samples });
  await expect(evaluator.evaluate(byDocument(() => Number.NaN))).rejects.toThrow(/NaN/);
  const silent: PairScorer = { predict: async () => [1] };
  await expect(evaluator.evaluate(silent)).rejects.toThrow(/as many scores as pairs, got 1 and 10/);
});

test('rows hold the metrics of each query; means and intervals follow from them', async () => {
  const evaluator = new CrossEncoderRerankingEvaluator({ samples, name: 'dev' });
  const { rows, metrics, intervals } = await evaluator.evaluate(
    byDocument((document) => (document === 'a' ? -1 : -2)),
  );
  expect(rows.map(({ query, documents, positives }) => [query, documents, positives])).toEqual([
    ['one', 4, 1],
    ['two', 6, 2],
  ]);
  expect(rows[0]?.metrics).toMatchObject({ 'ndcg@10': 1, 'mrr@10': 1, map: 1, 'hit@1': 1 });
  const mean = ((rows[0]?.metrics.map ?? 0) + (rows[1]?.metrics.map ?? 0)) / 2;
  expect(metrics.dev_map).toBeCloseTo(mean, 12);
  expect(intervals.dev_map).toMatchObject({ mean: metrics.dev_map, n: 2, confidence: 0.95 });
  expect(intervals.dev_map?.upper).toBe(1);
});

test('graded relevance: the better of two relevant documents belongs first', async () => {
  const graded: RerankingSample[] = [
    { query: 'q', positive: [{ text: 'best', grade: 3 }, 'good'], negative: ['bad'] },
  ];
  const order = (texts: string[]) => byDocument((document) => -texts.indexOf(document));
  const evaluator = new CrossEncoderRerankingEvaluator({ samples: graded, intervals: false });
  const ideal = (await evaluator.evaluate(order(['best', 'good', 'bad']))).metrics['ndcg@10'];
  const swapped = (await evaluator.evaluate(order(['good', 'best', 'bad']))).metrics['ndcg@10'];
  expect(ideal).toBe(1);
  expect(swapped).toBeCloseTo((1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3)), 12);
});

test('positives lost by the first stage can count as missed, in NDCG and MAP', async () => {
  const lost: RerankingSample[] = [{ query: 'q', positive: ['a', 'b'], documents: ['c', 'a'] }];
  const options = { samples: lost, alwaysRerankPositives: false, intervals: false } as const;
  const scorer = byDocument((document) => (document === 'a' ? 1 : 0));
  const ignored = await new CrossEncoderRerankingEvaluator(options).evaluate(scorer);
  expect(ignored.metrics).toMatchObject({ 'ndcg@10': 1, map: 1 });
  const counted = await new CrossEncoderRerankingEvaluator({
    ...options,
    countMissedPositives: true,
  }).evaluate(scorer);
  expect(counted.metrics.map).toBe(1 / 2);
  expect(counted.metrics['ndcg@10']).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
  expect(counted.rows[0]).toMatchObject({ documents: 2, positives: 1, missed: 1 });
});

test('a query without a relevant document to rank counts as 0 and is not scored', async () => {
  const none: RerankingSample[] = [{ query: 'q', positive: 'a', documents: ['b', 'c'] }];
  const evaluator = new CrossEncoderRerankingEvaluator({
    samples: none,
    alwaysRerankPositives: false,
  });
  const neverAsked: PairScorer = { predict: () => Promise.reject(new Error('was asked')) };
  const { metrics } = await evaluator.evaluate(neverAsked);
  expect(new Set(Object.values(metrics))).toEqual(new Set([0]));
});

test('a malformed sample is refused and its number is named', () => {
  const evaluate = (sample: unknown) =>
    new CrossEncoderRerankingEvaluator({ samples: [samples[0]!, sample as RerankingSample] });
  expect(() => evaluate({ query: 'q', positive: 'a' })).toThrow(/Sample 1: .*got neither/);
  expect(() => evaluate({ query: 'q', positive: 'a', negative: [], documents: [] })).toThrow(
    /both/,
  );
  expect(() => evaluate({ query: 'q', negative: ['a'] })).toThrow(/Sample 1: positive: expected/);
  expect(() => evaluate({ positive: 'a', negative: ['b'] })).toThrow(/query: expected a text/);
  const zero = [{ text: 'a', grade: 0 }];
  expect(() => evaluate({ query: 'q', positive: zero, negative: ['b'] })).toThrow(/grade above 0/);
  expect(() => new CrossEncoderRerankingEvaluator({ samples: [] })).toThrow(/at least one sample/);
  expect(() => new CrossEncoderRerankingEvaluator({ samples, atK: 0 })).toThrow(/cut-off/);
});
