import { SeededRandom } from '@learning-reranker/cross-encoder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clickModel } from '../../src/judgments/click-models/index.js';
import { estimatePropensities } from '../../src/judgments/propensities.js';
import { estimateRelevanceRates, probabilityOfRelevance } from '../../src/judgments/relevance.js';
import { LogStatistics } from '../../src/judgments/statistics.js';
import { type Behaviour, cascade, positionBased, searches, type World } from './simulated-users.js';

const TRUE_RATES = { relevant: 0.75, irrelevant: 0.1, share: 0.15 };

/** Queries with some relevant and some irrelevant documents. */
function worldOfTwoKinds(queries: number): World {
  const random = new SeededRandom(3);
  const { relevant, irrelevant, share } = TRUE_RATES;
  const documentsOf = (query: number) =>
    Array.from({ length: 10 }, (_, at) => {
      const rate = random.nextFloat() < share ? relevant : irrelevant;
      return [`q${query}d${at}`, rate] as const;
    });
  const relevance = Array.from(
    { length: queries },
    (_, query) => [`q${query}`, new Map(documentsOf(query))] as const,
  );
  return { relevance: new Map(relevance) };
}

function fitted(truth: World, behaviour: Behaviour, count: number, name: string) {
  const log = new LogStatistics();
  for (const search of searches(truth, behaviour, count)) log.add(search);
  const estimate = clickModel(name).fit(log, estimatePropensities(log));
  return { log, estimate, rates: estimateRelevanceRates(log, estimate) };
}

describe('relevant and irrelevant documents', () => {
  /** Users of the cascade model click 40 % as often as those of the position-based model. */
  const clicksOfCascade = 0.4;

  it.each([
    ['inverse-propensity', positionBased, 1],
    ['sdbn', cascade, clicksOfCascade],
  ] as const)('are told apart by %s, which estimates their rates', (name, behaviour, factor) => {
    const { rates } = fitted(worldOfTwoKinds(300), behaviour, 12_000, name);
    expect(Math.abs(rates.relevant - TRUE_RATES.relevant * factor)).toBeLessThan(0.05);
    expect(Math.abs(rates.irrelevant - TRUE_RATES.irrelevant * factor)).toBeLessThan(0.03);
    expect(Math.abs(rates.share - TRUE_RATES.share)).toBeLessThan(0.05);
  });

  it('are relevant as often as their estimated probability', () => {
    const truth = worldOfTwoKinds(500);
    const { log, estimate, rates } = fitted(truth, positionBased, 5000, 'inverse-propensity');
    const bins = Array.from({ length: 5 }, () => ({ expected: 0, right: 0, count: 0 }));
    for (const [query, documents] of log.queries) {
      for (const [id, statistics] of documents) {
        const probability = probabilityOfRelevance(estimate(statistics), rates);
        const bin = bins[Math.min(4, Math.floor(probability * 5))] as (typeof bins)[number];
        bin.expected += probability;
        bin.right += truth.relevance.get(query)?.get(id) === TRUE_RATES.relevant ? 1 : 0;
        bin.count++;
      }
    }
    for (const { expected, right, count } of bins) {
      // Five standard deviations of the draws, and the error of the estimated rates.
      const chance = 5 * Math.sqrt(0.25 / count);
      expect(Math.abs(expected - right) / count).toBeLessThan(0.05 + chance);
    }
  });

  it('have the same rates whether all documents are counted or a sample', () => {
    const few = fitted(worldOfTwoKinds(490), positionBased, 4900, 'inverse-propensity').rates;
    const many = fitted(worldOfTwoKinds(2600), positionBased, 26_000, 'inverse-propensity').rates;
    expect(Math.abs(many.relevant - few.relevant)).toBeLessThan(0.05);
    expect(Math.abs(many.irrelevant - few.irrelevant)).toBeLessThan(0.02);
    expect(Math.abs(many.share - few.share)).toBeLessThan(0.03);
  });
});

describe('documents that are all equally good', () => {
  it('are rarely judged relevant, however often users click them', () => {
    const documents = (query: number) =>
      Array.from({ length: 10 }, (_, at) => [`q${query}d${at}`, 0.5] as const);
    const relevance = Array.from(
      { length: 300 },
      (_, query) => [`q${query}`, new Map(documents(query))] as const,
    );
    const truth = { relevance: new Map(relevance) };
    const { log, estimate, rates } = fitted(truth, positionBased, 15_000, 'inverse-propensity');
    const all = [...log.queries.values()].flatMap((ofQuery) => [...ofQuery.values()]);
    const relevant = all.filter((one) => probabilityOfRelevance(estimate(one), rates) >= 0.8);
    expect(relevant.length / all.length).toBeLessThan(0.2);
  });
});

describe('an empty log', () => {
  it('has rates with which a single click after a single look means relevant', () => {
    const log = new LogStatistics();
    const rates = estimateRelevanceRates(
      log,
      clickModel('naive').fit(log, estimatePropensities(log)),
    );
    const seen = (taken: number, times: number) => ({
      relevance: 0,
      evidence: 0,
      taken,
      passedOver: [{ times, propensity: 1 }],
    });
    expect(probabilityOfRelevance(seen(1, 0), rates)).toBeGreaterThan(0.9);
    expect(probabilityOfRelevance(seen(1, 1), rates)).toBeGreaterThan(0.8);
    expect(probabilityOfRelevance(seen(0, 1), rates)).toBeLessThan(0.1);
    expect(probabilityOfRelevance(seen(0, 0), rates)).toBeCloseTo(rates.share, 12);
  });
});

describe('the probability of relevance', () => {
  const rate = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  const counts = fc.record({
    taken: fc.nat(1000),
    passedOver: fc.array(
      fc.record({ times: fc.nat(1000), propensity: fc.double({ min: 0, max: 1, noNaN: true }) }),
    ),
  });

  it('rises with each click and falls with each look without a click', () => {
    fc.assert(
      fc.property(counts, rate, rate, rate, (seen, one, two, share) => {
        const rates = { relevant: Math.max(one, two), irrelevant: Math.min(one, two), share };
        const of = (taken: number, times: number) =>
          probabilityOfRelevance(
            {
              relevance: 0,
              evidence: 0,
              taken: seen.taken + taken,
              passedOver: [...seen.passedOver, { times, propensity: 0.5 }],
            },
            rates,
          );
        expect(of(0, 0)).toBeGreaterThanOrEqual(0);
        expect(of(0, 0)).toBeLessThanOrEqual(1);
        expect(of(1, 0)).toBeGreaterThanOrEqual(of(0, 0));
        expect(of(0, 1)).toBeLessThanOrEqual(of(0, 0));
      }),
    );
  });
});
