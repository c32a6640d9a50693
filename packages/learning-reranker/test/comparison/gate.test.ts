import { SeededRandom } from '@learning-reranker/cross-encoder';
import { describe, expect, it } from 'vitest';
import {
  ComparisonError,
  decideAsServed,
  decidePromotion,
  metricPerQuery,
  retrievalScores,
} from '../../src/comparison/index.js';
import { makeLists, scoresOfQuality } from './lists.js';

const lists = makeLists(100);
const ndcg = (scores: readonly (readonly number[])[], of = lists) =>
  metricPerQuery(of, scores, 'NDCG@10');

describe('the gate refuses', () => {
  it('a random scorer against a good model', () => {
    const decision = decidePromotion(
      ndcg(scoresOfQuality(lists, 0, 2)),
      ndcg(scoresOfQuality(lists, 0.8, 3)),
    );
    expect(decision.promoted).toBe(false);
    expect(decision.reason).toMatch(/^worse: /);
  });

  it('one random scorer against another, whatever their seeds', () => {
    for (let seed = 10; seed < 20; seed++) {
      const { promoted, difference } = decidePromotion(
        ndcg(scoresOfQuality(lists, 0, seed)),
        ndcg(scoresOfQuality(lists, 0, seed + 100)),
      );
      // One in forty passes by chance: the interval leaves out 2.5 % above.
      expect(promoted && difference.mean > 0.05).toBe(false);
    }
  });

  it('a good model whose scores are shuffled among the documents', () => {
    const good = scoresOfQuality(lists, 0.8, 3);
    const random = new SeededRandom(7);
    const permuted = good.map((scores) => random.shuffle([...scores]));
    expect(decidePromotion(ndcg(permuted), ndcg(good)).promoted).toBe(false);
  });

  it('a gain of one percent on twenty queries, which are too few', () => {
    const live = Array.from({ length: 20 }, (_, query) => 0.5 + query / 100);
    const decision = decidePromotion(
      live.map((value) => value + 0.01),
      live,
    );
    expect(decision.difference.lower).toBeCloseTo(0.01, 10);
    expect(decision).toMatchObject({ promoted: false, n: 20 });
    expect(decision.reason).toMatch(/at least 30 held-out queries/);
  });

  it('a gain that comes from one query of many', () => {
    const live = Array.from({ length: 60 }, () => 0.4);
    const candidate = live.map((value, query) => (query === 0 ? 1 : value));
    const decision = decidePromotion(candidate, live);
    expect(decision.difference.mean).toBeCloseTo(0.01, 10);
    expect(decision.promoted).toBe(false);
    expect(decision.reason).toMatch(/not better beyond chance/);
  });

  it('the live model itself', () => {
    const live = ndcg(scoresOfQuality(lists, 0.8, 3));
    expect(decidePromotion(live, live).promoted).toBe(false);
  });

  it('to compare different queries', () => {
    expect(() => decidePromotion([1, 0], [1])).toThrow(ComparisonError);
    expect(() => decidePromotion([], [])).toThrow(ComparisonError);
  });
});

describe('the gate promotes', () => {
  it('a model that is truly better', () => {
    const decision = decidePromotion(
      ndcg(scoresOfQuality(lists, 0.9, 5)),
      ndcg(scoresOfQuality(lists, 0.6, 6)),
    );
    expect(decision).toMatchObject({ promoted: true, n: 100 });
    expect(decision.reason).toMatch(/^better: NDCG@10 \+0\.\d{4} \(95 % interval \+/);
  });

  it('a model that is better than BM25 alone', () => {
    const better = decidePromotion(
      ndcg(scoresOfQuality(lists, 0.9, 5)),
      ndcg(retrievalScores(lists)),
    );
    expect(better.promoted).toBe(true);
  });
});

describe('rankings as they are served', () => {
  const higher = Array.from({ length: 100 }, (_, at) => 0.5 + (at % 10) / 100);
  const lower = higher.map((value) => value - 0.1);

  it('promote a better blend if the model alone is not worse', () => {
    const better = { candidate: higher, live: lower };
    const same = { candidate: lower, live: lower };
    expect(decideAsServed(better, better).promoted).toBe(true);
    expect(decideAsServed(better, same).promoted).toBe(true);
    expect(decideAsServed(same, better).promoted).toBe(false);
  });

  it('refuse a model that is worse without search scores, and say so', () => {
    const decision = decideAsServed(
      { candidate: higher, live: lower },
      { candidate: lower, live: higher },
    );
    expect(decision.promoted).toBe(false);
    expect(decision.reason).toMatch(/^without search scores worse: .*; as served better: /);
  });
});
