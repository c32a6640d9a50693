import { describe, expect, it } from 'vitest';
import type { FeedbackKind } from '../../src/database/schema.js';
import { type Judged, judge } from '../../src/judgments/judge.js';
import { type CountedSearch, LogStatistics } from '../../src/judgments/statistics.js';

const DOCUMENTS = ['first', 'second', 'third'];
let events = 0;

/** A search of one client for one query that shows three documents. */
function searched(
  clientId: string | null,
  feedback: readonly (readonly [documentId: string, kind: FeedbackKind])[],
  query = 'q',
): CountedSearch {
  const eventId = `e${events++}`;
  return {
    eventId,
    query,
    clientId,
    shown: DOCUMENTS.map((id, at) => ({ position: at + 1, id, text: `text of ${id}` })),
    feedback: feedback.map(([documentId, kind], at) => ({
      documentId,
      kind,
      clientId,
      time: new Date(events * 1000 + at),
    })),
  };
}

function allOf({ queries }: Judged) {
  const all = [...queries];
  return {
    judgments: all.flatMap(({ judgments }) => judgments),
    conflicts: all.flatMap(({ conflicts }) => conflicts),
  };
}

function judged(searches: readonly CountedSearch[], options = {}) {
  const log = new LogStatistics();
  for (const search of searches) log.add(search);
  const { judgments, conflicts } = allOf(judge(log, options));
  const of = (id: string) => judgments.find(({ documentId }) => documentId === id);
  return { judgments, conflicts, of };
}

describe('judgments', () => {
  it('make a clicked document a positive and a skipped document above it a negative', () => {
    const { of } = judged([searched('a', [['second', 'click']])]);
    expect(of('second')).toMatchObject({ label: 'positive', grade: 1, from: 'clicks' });
    expect(of('first')).toMatchObject({ label: 'negative', grade: 0 });
    expect(of('first')?.reason).toMatch(/^0 clicks in 1 impressions, relevance 0\.00/);
  });

  it.each([
    ['thumbsup', 'positive', 2],
    ['star5', 'positive', 3],
    ['star4', 'positive', 2],
    ['star2', 'negative', 0],
    ['star1', 'negative', 0],
    ['thumbsdown', 'negative', 0],
    ['noclick', 'negative', 0],
  ] as const)('make %s a %s, whatever was clicked', (kind, label, grade) => {
    const clicks = Array.from({ length: 20 }, (_, at) =>
      searched(`c${at}`, [[label === 'positive' ? 'first' : 'second', 'click']]),
    );
    const { of } = judged([...clicks, searched('rater', [['second', kind]])]);
    expect(of('second')).toMatchObject({ label, grade, from: 'ratings', weight: 1 });
  });

  it('ignore three stars and use the clicks', () => {
    const { of } = judged([
      searched('a', [['first', 'star3']]),
      searched('b', [['first', 'click']]),
    ]);
    expect(of('first')).toMatchObject({ from: 'clicks', label: 'positive' });
  });

  it('count the last vote of each client, in any order of arrival', () => {
    const up = searched('a', [['first', 'thumbsup']]);
    const down = searched('a', [['first', 'thumbsdown']]);
    for (const order of [
      [up, down],
      [down, up],
    ]) {
      expect(judged(order).of('first')).toMatchObject({ label: 'negative', weight: 1 });
    }
  });

  it('list a document with as many positive as negative ratings as a conflict', () => {
    const { of, conflicts } = judged([
      searched('a', [['first', 'thumbsup']]),
      searched('b', [['first', 'thumbsdown']]),
    ]);
    expect(of('first')).toBeUndefined();
    expect(conflicts).toMatchObject([{ query: 'q', documentId: 'first' }]);
  });

  it('need the minimum of impressions and of clicks', () => {
    const twice = [searched('a', [['second', 'click']]), searched('b', [])];
    expect(judged(twice, { minimumImpressions: 3 }).judgments).toEqual([]);
    expect(judged(twice, { minimumClicks: 2 }).of('second')?.label).toBe('unsure');
  });

  it.each([
    [0.6, 'positive', 'negative'],
    [0.1, undefined, undefined],
  ] as const)('from one click of a client of weight %d are %s', (weight, clicked, passed) => {
    const log = new LogStatistics(new Map([['busy', weight]]));
    log.add(searched('busy', [['second', 'click']]));
    const { judgments } = allOf(judge(log));
    const labelOf = (id: string) => judgments.find(({ documentId }) => documentId === id)?.label;
    expect([labelOf('second'), labelOf('first')]).toEqual([clicked, passed]);
  });

  /** Queries of 20 searches each; `clicksInTwenty` of them click the first document. */
  function searchesOf(queries: number, clicksInTwenty: number, name: string) {
    return Array.from({ length: queries * 20 }, (_, at) =>
      searched(
        `c${at}`,
        at % 20 < clicksInTwenty ? [['first', 'click']] : [],
        `${name} ${Math.floor(at / 20)}`,
      ),
    );
  }

  it('have no positives for queries that found nothing relevant, even if most queries did not', () => {
    const { judgments } = judged([...searchesOf(4, 16, 'found'), ...searchesOf(16, 2, 'lost')]);
    const answered = judgments.filter(({ label }) => label === 'positive');
    expect(answered.map(({ query }) => query)).toEqual([
      'found 0',
      'found 1',
      'found 2',
      'found 3',
    ]);
  });

  it('include a query of one user beside queries of many users', () => {
    const once = searched('a', [['first', 'click']], 'asked once');
    const { judgments } = judged([...searchesOf(5, 16, 'often'), once]);
    expect(judgments).toContainEqual(
      expect.objectContaining({ query: 'asked once', documentId: 'first', label: 'positive' }),
    );
  });

  it('use the higher position of a document that a list contains twice', () => {
    const twice = searched('a', [['first', 'thumbsup']]);
    const shown = [...twice.shown, { position: 4, id: 'first', text: 'another text' }];
    const { of } = judged([{ ...twice, shown }]);
    expect(of('first')).toMatchObject({ impressions: 1, statistics: { text: 'text of first' } });
  });

  it('include clicks per impression to compare with', () => {
    const usual = Array.from({ length: 20 }, (_, at) => searched(`c${at}`, [['first', 'click']]));
    const { of } = judged([...usual, searched('a', [['third', 'click']])], {
      clickModel: 'inverse-propensity',
    });
    expect(of('third')?.naiveRelevance).toBeCloseTo(1 / 21, 6);
    expect(of('third')?.relevance).toBeGreaterThan(2 / 21);
  });
});
