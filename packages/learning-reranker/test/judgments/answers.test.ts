import { SeededRandom } from '@learning-reranker/cross-encoder';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateAnswerRates, probabilityOfAnswer } from '../../src/judgments/answers.js';
import { clickModel, estimatePropensities, LogStatistics } from '../../src/judgments/index.js';
import { type Behaviour, cascade, positionBased, searches, type World } from './simulated-users.js';

const TRUE_RATES = { answer: 0.75, other: 0.1, share: 0.15 };

/** Queries of which some documents answer, and the others do not. */
function worldOfTwoKinds(queries: number): World {
  const random = new SeededRandom(3);
  const { answer, other, share } = TRUE_RATES;
  const documentsOf = (query: number) =>
    Array.from({ length: 10 }, (_, at) => {
      const rate = random.nextFloat() < share ? answer : other;
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
  return { log, estimate, rates: estimateAnswerRates(log, estimate) };
}

describe('documents of two kinds', () => {
  /** They take four in ten of what the others of this file would. */
  const takenByCascade = 0.4;

  it.each([
    ['inverse-propensity', positionBased, 1],
    ['sdbn', cascade, takenByCascade],
  ] as const)('are told apart by %s, which finds their rates', (name, behaviour, factor) => {
    const { rates } = fitted(worldOfTwoKinds(300), behaviour, 12_000, name);
    expect(Math.abs(rates.answer - TRUE_RATES.answer * factor)).toBeLessThan(0.05);
    expect(Math.abs(rates.other - TRUE_RATES.other * factor)).toBeLessThan(0.03);
    expect(Math.abs(rates.share - TRUE_RATES.share)).toBeLessThan(0.05);
  });

  it('answer as often as their probability says', () => {
    const truth = worldOfTwoKinds(500);
    const { log, estimate, rates } = fitted(truth, positionBased, 5000, 'inverse-propensity');
    const bins = Array.from({ length: 5 }, () => ({ expected: 0, right: 0, count: 0 }));
    for (const [query, documents] of log.queries) {
      for (const [id, statistics] of documents) {
        const probability = probabilityOfAnswer(estimate(statistics), rates);
        const bin = bins[Math.min(4, Math.floor(probability * 5))] as (typeof bins)[number];
        bin.expected += probability;
        bin.right += truth.relevance.get(query)?.get(id) === TRUE_RATES.answer ? 1 : 0;
        bin.count++;
      }
    }
    for (const { expected, right, count } of bins) {
      // Five standard deviations of so many draws, and what rates estimated from the log may be off.
      const chance = 5 * Math.sqrt(0.25 / count);
      expect(Math.abs(expected - right) / count).toBeLessThan(0.05 + chance);
    }
  });

  it('have the same rates where a part of the documents is counted as where all are', () => {
    const few = fitted(worldOfTwoKinds(490), positionBased, 4900, 'inverse-propensity').rates;
    const many = fitted(worldOfTwoKinds(2600), positionBased, 26_000, 'inverse-propensity').rates;
    expect(Math.abs(many.answer - few.answer)).toBeLessThan(0.05);
    expect(Math.abs(many.other - few.other)).toBeLessThan(0.02);
    expect(Math.abs(many.share - few.share)).toBeLessThan(0.03);
  });
});

describe('documents of one kind', () => {
  it('are hardly ever taken for answers, however often people take them', () => {
    const documents = (query: number) =>
      Array.from({ length: 10 }, (_, at) => [`q${query}d${at}`, 0.5] as const);
    const relevance = Array.from(
      { length: 300 },
      (_, query) => [`q${query}`, new Map(documents(query))] as const,
    );
    const truth = { relevance: new Map(relevance) };
    const { log, estimate, rates } = fitted(truth, positionBased, 15_000, 'inverse-propensity');
    const all = [...log.queries.values()].flatMap((ofQuery) => [...ofQuery.values()]);
    const answers = all.filter((one) => probabilityOfAnswer(estimate(one), rates) >= 0.8);
    expect(answers.length / all.length).toBeLessThan(0.2);
  });
});

describe('a log of nothing', () => {
  it('has rates with which the one click of the one person who looked is an answer', () => {
    const log = new LogStatistics();
    const rates = estimateAnswerRates(log, clickModel('naive').fit(log, estimatePropensities(log)));
    const seen = (taken: number, times: number) => ({
      relevance: 0,
      evidence: 0,
      taken,
      passedOver: [{ times, propensity: 1 }],
    });
    expect(probabilityOfAnswer(seen(1, 0), rates)).toBeGreaterThan(0.9);
    expect(probabilityOfAnswer(seen(1, 1), rates)).toBeGreaterThan(0.8);
    expect(probabilityOfAnswer(seen(0, 1), rates)).toBeLessThan(0.1);
    expect(probabilityOfAnswer(seen(0, 0), rates)).toBeCloseTo(rates.share, 12);
  });
});

describe('the probability that a document answers', () => {
  const rate = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  const counts = fc.record({
    taken: fc.nat(1000),
    passedOver: fc.array(
      fc.record({ times: fc.nat(1000), propensity: fc.double({ min: 0, max: 1, noNaN: true }) }),
    ),
  });

  it('rises with each time it is taken and falls with each time it is passed over', () => {
    fc.assert(
      fc.property(counts, rate, rate, rate, (seen, one, two, share) => {
        const rates = { answer: Math.max(one, two), other: Math.min(one, two), share };
        const of = (taken: number, times: number) =>
          probabilityOfAnswer(
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
