import { describe, expect, it } from 'vitest';
import type { Judgment } from '../../src/judgments/judge.js';
import { type JudgedTexts, recordsOf } from '../../src/mining/sources/feedback-records.js';

/** A query with the documents it was shown with: `+` answers it, `-` was passed over, `?` tells nothing. */
function asked(query: string, ...shown: string[]): JudgedTexts {
  const labels = { '+': 'positive', '-': 'negative', '?': 'unsure' } as const;
  const documents = shown.map((one) => {
    const documentId = one.slice(1);
    const label = labels[one[0] as keyof typeof labels];
    const statistics = { eventId: 'e' };
    return {
      judgment: { documentId, label, reason: 'counts', statistics } as Judgment,
      text: `text of ${documentId}`,
    };
  });
  const ids = new Set(shown.map((one) => one.slice(1)));
  return { query, documents, wasShown: (id) => ids.has(id) };
}

const everything = ['a', 'b', 'c', 'd'].map((id) => ({ id, text: `text of ${id}` }));
const negativesOf = (judged: readonly JudgedTexts[]) =>
  new Map(
    recordsOf(judged, everything).map(({ query, positive, negatives }) => [
      `${query}: ${positive.doc_path_rel}`,
      negatives.map(({ doc_path_rel }) => doc_path_rel),
    ]),
  );
const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) =>
    asked(`q${from + at}`, `+answer${from + at}`, `-rest${from + at}`),
  );

describe('the negatives of a record', () => {
  it('are skipped documents and documents relevant to other queries', () => {
    const records = negativesOf([asked('one', '+a', '-b', '?c'), asked('two', '+d', '-b')]);
    expect(records).toEqual(
      new Map([
        ['one: a', ['b', 'd']],
        ['two: d', ['b', 'a']],
      ]),
    );
  });

  it('are never shown documents without a judgment', () => {
    const records = negativesOf([asked('one', '+a', '-b', '?d'), asked('two', '+d', '?a')]);
    expect(records).toEqual(
      new Map([
        ['one: a', ['b']],
        ['two: d', expect.not.arrayContaining(['a', 'd'])],
      ]),
    );
  });

  it('are never relevant to the query itself under another id', () => {
    const moved = (judged: JudgedTexts, text: string): JudgedTexts => ({
      ...judged,
      documents: judged.documents.map((one) => ({ ...one, text })),
    });
    const same = 'function parseDate(text) {}';
    const records = recordsOf(
      [moved(asked('one', '+dates.ts:1-5'), same), moved(asked('two', '+dates.ts:2-6'), same)],
      [{ id: 'dates.ts:2-6', text: same }, ...everything],
    );
    expect(records.map(({ query }) => query)).toEqual(['one', 'two']);
    for (const { negatives } of records) {
      expect(negatives.map(({ text }) => text)).not.toContain(same);
    }
  });

  it('are drawn from all shown documents when there are no others', () => {
    const drawn = negativesOf([asked('one', '+a')]).get('one: a');
    expect(drawn).toHaveLength(2);
    expect(['b', 'c', 'd']).toEqual(expect.arrayContaining(drawn ?? []));
  });

  it('are four skipped documents of any rank and two documents of other queries', () => {
    const shown = Array.from({ length: 9 }, (_, at) => `-${at}`);
    const queries = Array.from({ length: 40 }, (_, at) => asked(`q${at}`, ...shown, `+own${at}`));
    const chosen = [...negativesOf(queries).values()];
    for (const negatives of chosen) {
      expect(negatives.filter((id) => /^\d$/.test(id))).toHaveLength(4);
      expect(negatives.filter((id) => id.startsWith('own'))).toHaveLength(2);
    }
    const times = (id: string) => chosen.filter((negatives) => negatives.includes(id)).length;
    for (const { documentId } of queries[0]?.documents.map(({ judgment }) => judgment) ?? []) {
      if (/^\d$/.test(documentId)) expect(times(documentId)).toBeGreaterThan(6);
    }
  });

  it('hardly change as the log grows, so that a teacher scores few new pairs', () => {
    const before = negativesOf(many(0, 200));
    const after = negativesOf(many(0, 210));
    const same = [...before].filter(([key, ids]) => `${after.get(key)}` === `${ids}`);
    expect(same.length).toBeGreaterThan(170);
  });

  it('do not depend on the order in which the log is read', () => {
    expect(negativesOf(many(0, 50).reverse())).toEqual(negativesOf(many(0, 50)));
  });
});
