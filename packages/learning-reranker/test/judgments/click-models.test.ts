import { describe, expect, it } from 'vitest';
import { clickModel, clickModels } from '../../src/judgments/click-models/index.js';
import { judge } from '../../src/judgments/judge.js';
import { estimatePropensities } from '../../src/judgments/propensities.js';
import { type DocumentStatistics, LogStatistics } from '../../src/judgments/statistics.js';
import {
  type Behaviour,
  cascade,
  positionBased,
  searches,
  type World,
  world,
} from './simulated-users.js';

function logOf(truth: World, behaviour: Behaviour, count: number): LogStatistics {
  const log = new LogStatistics();
  for (const search of searches(truth, behaviour, count)) log.add(search);
  return log;
}

/** Kendall's share of pairs in the right order, over all queries, without pairs that are nearly equal. */
function rightlyOrdered(truth: World, log: LogStatistics, name: string): number {
  const estimate = clickModel(name).fit(log, estimatePropensities(log));
  let right = 0;
  let all = 0;
  for (const [query, documents] of log.queries) {
    const scored = [...documents].map(([id, statistics]) => ({
      truth: truth.relevance.get(query)?.get(id) ?? 0,
      estimate: estimate(statistics).relevance,
    }));
    for (const a of scored) {
      for (const b of scored) {
        if (a.truth - b.truth < 0.1) continue;
        all++;
        right += a.estimate > b.estimate ? 1 : a.estimate === b.estimate ? 0.5 : 0;
      }
    }
  }
  return right / all;
}

describe('users who look at the upper ranks more', () => {
  const truth = world(100, 10);
  const log = logOf(truth, positionBased, 60_000);

  it('have their true propensities estimated', () => {
    const { byRank, method } = estimatePropensities(log);
    expect(method).toBe('harvested');
    for (let rank = 1; rank <= 10; rank++) {
      expect(byRank[rank]).toBeGreaterThan(0.7 / rank);
      expect(byRank[rank]).toBeLessThan(1.3 / rank);
    }
  });

  it('are judged in the true order better than by clicks per impression', () => {
    const naive = rightlyOrdered(truth, log, 'naive');
    expect(naive).toBeLessThan(0.8);
    expect(rightlyOrdered(truth, log, 'inverse-propensity')).toBeGreaterThan(0.93);
    expect(rightlyOrdered(truth, log, 'coec')).toBeGreaterThan(naive + 0.1);
  });
});

describe('users who stop when they are satisfied', () => {
  const truth = world(100, 10);
  const log = logOf(truth, cascade, 60_000);

  it('are judged in the true order by SDBN, better than by clicks per impression', () => {
    const naive = rightlyOrdered(truth, log, 'naive');
    expect(naive).toBeLessThan(0.8);
    expect(rightlyOrdered(truth, log, 'sdbn')).toBeGreaterThan(0.9);
    expect(rightlyOrdered(truth, log, 'inverse-propensity')).toBeGreaterThan(naive);
  });
});

describe('every click model', () => {
  it('describes its assumptions and its source', () => {
    for (const model of clickModels()) {
      expect(clickModel(model.name)).toBe(model);
      expect(model.description.length).toBeGreaterThan(40);
      expect(model.source).not.toBe('');
    }
  });

  it('counts clicks and expected clicks, not impressions, as the evidence of COEC', () => {
    const log = new LogStatistics();
    const shown = Array.from({ length: 10 }, (_, at) => ({
      position: at + 1,
      id: `d${at + 1}`,
      text: null,
    }));
    const click = (documentId: string) =>
      ({ documentId, kind: 'click', clientId: null, time: new Date(0) }) as const;
    for (let at = 0; at < 100; at++) {
      const feedback = at < 50 ? [click('d1')] : at === 50 ? [click('d10')] : [];
      log.add({ eventId: `e${at}`, query: 'q', clientId: null, shown, feedback });
    }
    const estimate = clickModel('coec').fit(log, estimatePropensities(log));
    const of = (id: string) => log.queries.get('q')?.get(id) as DocumentStatistics;
    // Both get as many clicks as their ranks usually do: of 100 that are, and of 2 that are.
    expect(estimate(of('d1'))).toMatchObject({ relevance: 0.5, evidence: 100 });
    expect(estimate(of('d10'))).toMatchObject({ relevance: 0.5, evidence: 2 });
  });

  it('estimates 0 to 1 for any counts, an empty log included', () => {
    for (const model of clickModels()) {
      const log = logOf(world(3, 4), cascade, 40);
      const estimate = model.fit(log, estimatePropensities(log));
      for (const documents of log.queries.values()) {
        for (const one of documents.values()) {
          const { relevance, evidence } = estimate(one);
          expect(relevance).toBeGreaterThanOrEqual(0);
          expect(relevance).toBeLessThanOrEqual(1);
          expect(evidence).toBeGreaterThanOrEqual(0);
        }
      }
      expect([...judge(new LogStatistics(), { clickModel: model.name }).queries]).toEqual([]);
    }
  });
});

/** A search that shows these documents from rank 1, with clicks on some. */
function shownAndClicked(eventId: string, ids: readonly string[], clicked: readonly string[]) {
  return {
    eventId,
    query: 'q',
    clientId: null,
    shown: ids.map((id, at) => ({ position: at + 1, id, text: null })),
    feedback: clicked.map((documentId) => ({
      documentId,
      kind: 'click' as const,
      clientId: null,
      time: new Date(0),
    })),
  };
}

describe('four searches, computed by hand', () => {
  const log = new LogStatistics();
  for (const [at, clicked] of [['a', 'c'], ['b'], [], ['a']].entries()) {
    log.add(shownAndClicked(`e${at}`, ['a', 'b', 'c'], clicked));
  }
  const propensities = { byRank: [0, 1, 0.5, 0.25], method: 'harvested' } as const;

  it.each([
    // Clicks per impression: 2, 1 and 1 of 4.
    ['naive', [2 / 4, 1 / 4, 1 / 4], [4, 4, 4]],
    // Each rank has one document, which gets what its rank usually gets.
    ['coec', [1 / 2, 1 / 2, 1 / 2], [4, 2, 2]],
    // Chapelle and Zhang, section 5: looked at in lists with a click there or below (a 3, b 2, c 1 times), and in
    // the list of which nothing was taken; a's clicks are the last of theirs once in two.
    ['sdbn', [(2 / 4) * (1 / 2), 1 / 3, 1 / 2], [4, 3, 2]],
    // Joachims et al.: clicks over the looks that 4, 2 and 1 impressions' worth of propensity are.
    ['inverse-propensity', [2 / 4, 1 / 2, 1 / 1], [4, 2, 1]],
  ] as const)('are judged by %s as in its paper', (name, relevance, evidence) => {
    const estimate = clickModel(name).fit(log, propensities);
    const estimates = ['a', 'b', 'c'].map((id) =>
      estimate(log.queries.get('q')?.get(id) as DocumentStatistics),
    );
    for (const [at, one] of estimates.entries()) {
      expect(one.relevance).toBeCloseTo(relevance[at] as number, 12);
      expect(one.evidence).toBeCloseTo(evidence[at] as number, 12);
    }
  });
});

describe('two documents that swapped places', () => {
  it('give the propensity of the second rank as the ratio of clicks, computed by hand', () => {
    const log = new LogStatistics();
    // Of 100 looks at each rank: a is clicked 40 and 20 times, b 20 and 10 times.
    for (let at = 0; at < 100; at++) {
      const [a, b] = [at < 40 ? ['a'] : [], at < 10 ? ['b'] : []];
      log.add(shownAndClicked(`ab${at}`, ['a', 'b'], [...a, ...b]));
      const [first, second] = [at < 20 ? ['b'] : [], at < 20 ? ['a'] : []];
      log.add(shownAndClicked(`ba${at}`, ['b', 'a'], [...first, ...second]));
    }
    // Agarwal et al., adjacent chain: (20 + 10) / (40 + 20), though a is twice as good as b.
    expect(estimatePropensities(log)).toEqual({ byRank: [0, 1, 0.5], method: 'harvested' });
  });
});

describe('propensities of a small log', () => {
  it('are estimated from clicks by rank, and their method says so', () => {
    const { byRank, method } = estimatePropensities(logOf(world(5, 5), positionBased, 30));
    expect(method).toBe('click-through');
    expect(byRank.slice(1).every((value) => value >= 0.05 && value <= 1)).toBe(true);
  });
});
