import { beforeEach, expect, it } from 'vitest';
import { composeSnapshot } from '../../src/datasets/compose.js';
import { projectRecords } from '../../src/datasets/shapes.js';
import { feedbackSchema, searchSchema } from '../../src/feedback/schema.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { mineFeedback } from '../../src/mining/sources/feedback.js';
import { previewFeedback } from '../../src/mining/sources/feedback-preview.js';
import { TeacherError } from '../../src/mining/teacher-scores.js';
import { trainingRecordSchema } from '../../src/records/training-record.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';

const TEXTS = {
  retry: 'retry the request with backoff',
  again: 'backoff and retry of a failed call',
  socket: 'close the socket at once',
  closed: 'once more: a socket that is closed',
  unseen: 'function retryWithBackoff() {}',
};

describeOnDatabases('mining what people clicked and rated, %s', (kind) => {
  const database = databaseOf(kind);
  let store: FeedbackStore;
  beforeEach(async () => {
    store = new FeedbackStore(database.db);
    await store.clear();
    await database.db.deleteFrom('teacher_scores').execute();
  });

  const search = (event_id: string, query: string, ids: readonly string[], extra: object = {}) =>
    searchSchema.parse({
      event_id,
      query,
      documents: ids.map((id) => ({ id, text: TEXTS[id as keyof typeof TEXTS] })),
      ...extra,
    });
  const said = (event_id: string, kind: string, document_id: string, extra: object = {}) =>
    feedbackSchema.parse({ event_id, kind, document_id, ...extra });

  it('gives records whose negatives are the skipped documents, each with a reason', async () => {
    await store.recordSearches([search('e1', 'retry a request', ['socket', 'closed', 'retry'])]);
    await store.recordFeedback([said('e1', 'click', 'retry')]);
    const { records, corpus, report } = await mineFeedback(database.db);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      query: 'retry a request',
      positive: { text: TEXTS.retry, doc_path_rel: 'retry' },
      source: 'feedback',
      source_event_id: 'e1',
    });
    expect(records[0]?.negatives.map(({ text }) => text).sort()).toEqual(
      [TEXTS.socket, TEXTS.closed].sort(),
    );
    for (const record of records) {
      expect(trainingRecordSchema.safeParse(record).success).toBe(true);
      for (const { reason } of [record.positive, ...record.negatives]) {
        expect(reason).toMatch(/\d+ clicks in \d+ impressions/);
        expect(reason).not.toMatch(/socket|retry|request/);
      }
    }
    expect(corpus.map(({ id }) => id).sort()).toEqual(['closed', 'retry', 'socket']);
    expect(report).toMatchObject({
      searches: 1,
      clicks: 1,
      judgments: { positive: 1, negative: 2, unsure: 0 },
      naive_judgments: { positive: 1 },
    });
  });

  it('puts the text shown last for each document into the corpus', async () => {
    const shown = (event_id: string, query: string, text: string, day: number) =>
      searchSchema.parse({
        event_id,
        query,
        documents: [{ id: 'retry', text }],
        time: `2026-01-0${day}T00:00:00Z`,
      });
    await store.recordSearches([
      shown('e1', 'first', 'retry()', 1),
      shown('e2', 'second', 'retry()', 2),
      shown('e3', 'first', 'retry(times)', 3),
    ]);
    const { corpus } = await mineFeedback(database.db);
    expect(corpus).toMatchObject([{ id: 'retry', text: 'retry(times)' }]);
  });

  it('counts the documents with another judgment by clicks per impression', async () => {
    // All look at the first rank, few at the second: one click there says more than one in two above.
    const ids = Array.from({ length: 40 }, (_, at) => `${at}`);
    await store.recordSearches(ids.map((id) => search(id, 'q', ['socket', 'retry'])));
    await store.recordFeedback([
      ...ids.slice(0, 30).map((id) => said(id, 'click', 'socket')),
      ...ids.slice(30, 38).map((id) => said(id, 'click', 'retry')),
      said('39', 'thumbsup', 'unseen'),
    ]);
    const { report } = await mineFeedback(database.db, { clickModel: 'coec' });
    expect(report).toMatchObject({
      judgments: { positive: 3, negative: 0 },
      naive_judgments: { positive: 2, negative: 1 },
      corrected: 1,
    });
  });

  it('counts feedback with unknown ids', async () => {
    await store.recordSearches([search('e1', 'q', ['socket', 'retry'])]);
    await store.recordFeedback([
      said('e1', 'click', 'retry'),
      said('e1', 'click', 'elsewhere'),
      said('of-another-system', 'click', 'retry'),
      said('of-another-system', 'thumbsup', 'retry'),
      said('of-another-system', 'note', 'retry', { note: 'fine' }),
    ]);
    const { report } = await mineFeedback(database.db);
    expect(report).toMatchObject({
      clicks: 1,
      clicks_not_shown: 1,
      feedback_without_search: 2,
    });
  });

  it('lets a thumb down undo many clicks, and a later thumb up undo that', async () => {
    const clients = Array.from({ length: 9 }, (_, at) => `c${at}`);
    await store.recordSearches(
      clients.map((client_id) => search(client_id, 'q', ['retry', 'socket'], { client_id })),
    );
    await store.recordFeedback(clients.map((client) => said(client, 'click', 'socket')));
    const positives = async () =>
      (await mineFeedback(database.db)).records.map(({ positive }) => positive.text);
    expect(await positives()).toEqual([TEXTS.socket]);
    await store.recordFeedback([
      said('c0', 'thumbsdown', 'socket', { time: '2026-01-01T00:00:00Z' }),
    ]);
    expect(await positives()).toEqual([]);
    await store.recordFeedback([
      said('c0', 'thumbsup', 'socket', { time: '2026-01-02T00:00:00Z' }),
    ]);
    expect(await positives()).toEqual([TEXTS.socket]);
  });

  it('leaves out test traffic and searches outside the time window', async () => {
    await store.recordSearches([
      search('test', 'one', ['retry', 'socket'], { test: true }),
      search('old', 'two', ['retry', 'socket'], { time: '2020-01-01T00:00:00Z' }),
      search('new', 'three', ['retry', 'socket'], { time: '2026-01-01T00:00:00Z' }),
    ]);
    await store.recordFeedback(['test', 'old', 'new'].map((id) => said(id, 'click', 'socket')));
    const { records } = await mineFeedback(database.db, { from: new Date('2025-01-01') });
    expect(records.map(({ query }) => query)).toEqual(['three']);
  });

  it('uses the text of another search for an id without a text', async () => {
    await store.recordSearches([
      search('texts', 'anything', ['retry', 'socket']),
      searchSchema.parse({
        event_id: 'ids',
        query: 'by id alone',
        documents: [{ id: 'socket' }, { id: 'retry' }],
      }),
    ]);
    await store.recordFeedback([said('ids', 'click', 'retry')]);
    const { records } = await mineFeedback(database.db);
    expect(records).toMatchObject([
      {
        query: 'by id alone',
        positive: { text: TEXTS.retry },
        negatives: [{ text: TEXTS.socket }],
      },
    ]);
  });

  it('identifies documents without ids by their texts, whatever their rank', async () => {
    const texts = [TEXTS.retry, TEXTS.socket];
    const numbered = (event_id: string, order: readonly number[]) =>
      searchSchema.parse({
        event_id,
        query: 'q',
        documents: order.map((of, index) => ({ index, text: texts[of] })),
      });
    await store.recordSearches([numbered('one', [0, 1]), numbered('two', [1, 0])]);
    await store.recordFeedback([
      said('one', 'thumbsup', '0'),
      said('one', 'thumbsdown', '1'),
      said('two', 'thumbsup', '1'),
    ]);
    const { records, corpus } = await mineFeedback(database.db);
    expect(records).toMatchObject([
      { positive: { text: TEXTS.retry }, negatives: [{ text: TEXTS.socket }] },
    ]);
    expect(corpus.map(({ text }) => text).sort()).toEqual([...texts].sort());
  });

  it('keeps the feedback on each version of a document whose text changed', async () => {
    await store.recordSearches([
      searchSchema.parse({
        event_id: 'before',
        query: 'one',
        documents: [
          { id: 'a.ts', text: 'the text before' },
          { id: 'b.ts', text: TEXTS.socket },
        ],
      }),
      searchSchema.parse({
        event_id: 'after',
        query: 'two',
        documents: [
          { id: 'a.ts', text: 'the text after' },
          { id: 'b.ts', text: TEXTS.socket },
        ],
      }),
    ]);
    await store.recordFeedback([
      said('before', 'thumbsup', 'a.ts'),
      said('after', 'thumbsup', 'a.ts'),
    ]);
    const { records } = await mineFeedback(database.db);
    expect(records.map(({ positive }) => positive.text).sort()).toEqual([
      'the text after',
      'the text before',
    ]);
  });

  it('labels unjudged documents by terms of liked results with the option keywords', async () => {
    await store.recordSearches([
      search('e', 'q', ['retry', 'again', 'socket', 'closed', 'unseen']),
    ]);
    await store.recordFeedback([
      said('e', 'thumbsup', 'retry'),
      said('e', 'thumbsup', 'again'),
      said('e', 'thumbsdown', 'socket'),
      said('e', 'thumbsdown', 'closed'),
    ]);
    const plain = await mineFeedback(database.db);
    expect(plain.records.map(({ positive }) => positive.text)).not.toContain(TEXTS.unseen);
    const { records } = await mineFeedback(database.db, { keywords: true });
    const told = records.find(({ positive }) => positive.text === TEXTS.unseen);
    expect(told?.positive.reason).toBe('contains 2 terms of liked results');
    const rows = projectRecords(records, 'labelled-pairs');
    expect(rows).toContainEqual({ query: 'q', documents: [TEXTS.unseen], labels: [1] });
  });

  it('asks a teacher once for each pair, and keeps the scores from before a failure', async () => {
    await store.recordSearches([search('e1', 'q', ['socket', 'retry'])]);
    await store.recordFeedback([said('e1', 'click', 'retry')]);
    const asked: string[] = [];
    const teacher = {
      name: 'one that likes retries',
      score: async (pairs: readonly { document: string }[]) => {
        asked.push(...pairs.map(({ document }) => document));
        return pairs.map(({ document }) => (document === TEXTS.retry ? 0.9 : 0));
      },
    };
    const first = await mineFeedback(database.db, { teacher });
    // Logits, which MarginMSELoss compares with the student's: that of .9 is ln 9, and 0 has a finite one.
    const [liked, other] = first.records[0]?.teacher_scores ?? [];
    expect(liked).toBeCloseTo(Math.log(9), 6);
    expect(other).toBeCloseTo(-9.21, 2);
    expect(first.report.asked_of_teacher).toBe(2);
    const again = await mineFeedback(database.db, { teacher });
    expect(again.records).toEqual(first.records);
    expect(asked).toHaveLength(2);
    expect(projectRecords(again.records, 'scored-tuples')).toHaveLength(1);
    for (const scores of [[1], [1, 2], [1, Number.NaN]]) {
      const broken = { name: 'broken', score: async () => scores };
      await expect(mineFeedback(database.db, { teacher: broken })).rejects.toThrow(TeacherError);
    }
  });

  it('gives data that a dataset can be built from', async () => {
    const ids = Array.from({ length: 200 }, (_, at) => `${at}`);
    await store.recordSearches(
      ids.map((at) => search(at, `${stretched(at)} question`, ['socket', 'retry', 'again'])),
    );
    await store.recordFeedback(ids.map((at) => said(at, 'click', 'retry')));
    const { records, corpus } = await mineFeedback(database.db);
    expect(records).toHaveLength(200);
    const { train, evaluation } = composeSnapshot({ records, corpus });
    expect(train.length + evaluation.length).toBe(200);
    expect(evaluation.length).toBeGreaterThan(10);
    for (const { relevant } of evaluation) expect(relevant).toEqual({ retry: 1 });
    expect(projectRecords(train, 'tuples', { useHardNegatives: false })[0]?.documents).toHaveLength(
      1,
    );
  });

  it('previews what it would learn and why, and the conflicts it ignores', async () => {
    await store.recordSearches([search('e1', 'q', ['socket', 'retry', 'again'])]);
    await store.recordFeedback([
      said('e1', 'click', 'retry'),
      said('e1', 'thumbsup', 'socket', { client_id: 'a' }),
      said('e1', 'thumbsdown', 'socket', { client_id: 'b' }),
    ]);
    const { rows, counts, records } = await previewFeedback(database.db, { rows: 10 });
    expect(rows.find(({ document_id }) => document_id === 'retry')).toMatchObject({
      query: 'q',
      text: TEXTS.retry,
      label: 'positive',
    });
    expect(rows.at(-1)).toMatchObject({ document_id: 'socket', label: 'conflict' });
    expect(counts).toMatchObject({ searches: 1, clicks: 1, conflicts: 1, without_text: 0 });
    expect(records).toEqual((await mineFeedback(database.db)).records);
    const strict = await previewFeedback(database.db, { minimumClicks: 2 });
    expect(strict.records).toEqual([]);
    const two = await previewFeedback(database.db, { rows: 2 });
    expect(two.rows.map(({ label }) => label)).toEqual(['positive', 'conflict']);
  });

  it('previews the labels of keywords, with reasons', async () => {
    const texts: Record<string, string> = {
      liked1: 'parse date calendar zone',
      liked2: 'parse date calendar month',
      disliked1: 'socket buffer close',
      disliked2: 'socket buffer open',
      unseen: 'calendar date of tomorrow',
    };
    const documents = Object.entries(texts).map(([id, text]) => ({ id, text }));
    await store.recordSearches([searchSchema.parse({ event_id: 'e', query: 'q', documents })]);
    await store.recordFeedback([
      said('e', 'thumbsup', 'liked1'),
      said('e', 'thumbsup', 'liked2'),
      said('e', 'thumbsdown', 'disliked1'),
      said('e', 'thumbsdown', 'disliked2'),
    ]);
    const labelOf = async (keywords: boolean) => {
      const { rows } = await previewFeedback(database.db, { keywords });
      return rows.find(({ document_id }) => document_id === 'unseen');
    };
    expect(await labelOf(false)).toMatchObject({ label: 'unsure' });
    expect(await labelOf(true)).toMatchObject({
      label: 'positive',
      reason: 'contains 2 terms of liked results',
    });
  });
});

/** Words that no other number shares, so that no query is nearly another. */
function stretched(number: string): string {
  return [...number].map((digit, at) => `${'abcdefghij'[Number(digit)]}${at}`.repeat(4)).join(' ');
}
