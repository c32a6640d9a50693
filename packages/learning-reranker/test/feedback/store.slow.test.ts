import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { feedbackSchema, searchSchema } from '../../src/feedback/schema.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { judge } from '../../src/judgments/judge.js';
import { readLog } from '../../src/judgments/read-log.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';

const search = (event_id: string, extra: object = {}) =>
  searchSchema.parse({
    event_id,
    query: 'parse a date',
    documents: [
      { id: 'a', text: 'function parseDate() {}' },
      { id: 'b', text: 'function close() {}', score: 0.5 },
    ],
    ...extra,
  });
const said = (event_id: string, extra: object = {}) =>
  feedbackSchema.parse({ event_id, kind: 'click', document_id: 'a', ...extra });

describeOnDatabases('on the %s database', (kind) => {
  const database = databaseOf(kind);
  let store: FeedbackStore;
  beforeEach(async () => {
    store = new FeedbackStore(database.db);
    await store.clear();
  });

  test('a search or feedback sent twice counts once, alone and in a batch', async () => {
    expect(await store.recordSearches([search('e1')])).toMatchObject({
      accepted: 1,
      duplicates: 0,
    });
    const again = await store.recordSearches([search('e1'), search('e2'), search('e2')]);
    expect(again).toMatchObject({ ids: ['e1', 'e2', 'e2'], accepted: 1, duplicates: 2 });
    const one = said('e1', { feedback_id: 'f1' });
    expect(await store.recordFeedback([one, one])).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await store.counts()).toMatchObject({ searches: 2, feedback: 1 });
  });

  test('a text is stored once for all searches', async () => {
    await store.recordSearches([search('e1'), search('e2')]);
    const { rows } = await sql<{ count: string }>`select count(*) from texts`.execute(database.db);
    expect(Number(rows[0]?.count)).toBe(3);
  });

  test('feedback that arrives before its search belongs to it', async () => {
    await store.recordFeedback([said('late', { kind: 'thumbsup' })]);
    await store.recordSearches([search('late')]);
    const [logged] = await store.list(10);
    expect(logged).toMatchObject({
      event_id: 'late',
      query: 'parse a date',
      documents: [
        { position: 1, id: 'a', text: 'function parseDate() {}', score: null },
        { position: 2, id: 'b', text: 'function close() {}', score: 0.5 },
      ],
      feedback: [{ kind: 'thumbsup', document_id: 'a' }],
    });
  });

  test('the last of several votes without times counts', async () => {
    await store.recordSearches([search('e1', { client_id: 'c' })]);
    const votes = Array.from({ length: 40 }, (_, at) =>
      said('e1', { kind: at % 2 === 0 ? 'thumbsup' : 'thumbsdown' }),
    );
    await store.recordFeedback([...votes, said('e1', { kind: 'star5' })]);
    const { queries } = judge(await readLog(database.db));
    const judgments = [...queries].flatMap((query) => query.judgments);
    expect(judgments.find(({ documentId }) => documentId === 'a')).toMatchObject({
      label: 'positive',
      grade: 3,
    });
  });

  test('the last of several votes without times counts, whatever their ids', async () => {
    await store.recordSearches([search('e1', { client_id: 'c' })]);
    const kinds = ['thumbsup', 'thumbsdown', 'star2', 'star5'];
    await store.recordFeedback(
      kinds.map((kind, at) => said('e1', { feedback_id: `f${9 - at}`, kind })),
    );
    const { queries } = judge(await readLog(database.db));
    const judgments = [...queries].flatMap((query) => query.judgments);
    expect(judgments.find(({ documentId }) => documentId === 'a')?.grade).toBe(3);
    const [logged] = await store.list(1);
    expect(logged?.feedback.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('all fields of a search are listed and exported', async () => {
    const sent = {
      client_id: 'c',
      user_id: 'u',
      application: 'shop',
      model: 'm',
      loss: 'BinaryCrossEntropyLoss',
      run_id: 'r',
    };
    await store.recordSearches([search('e1', sent)]);
    expect(await store.list(1)).toMatchObject([sent]);
    for await (const exported of store.all()) expect(exported).toMatchObject(sent);
  });

  test('NUL and lone surrogates, which databases refuse, are cleaned', async () => {
    await store.recordSearches([
      search('e1', { query: 'a\0b\ud800c', documents: [{ id: 'x\0', text: '\udc00' }] }),
    ]);
    const [logged] = await store.list(1);
    expect(logged?.query).toBe('ab\ufffdc');
    expect(logged?.documents).toMatchObject([{ id: 'x', text: '\ufffd' }]);
  });

  test('an id that is empty after cleaning is refused', () => {
    for (const schema of [searchSchema, feedbackSchema]) {
      const { error } = schema.safeParse({
        query: 'q',
        documents: [{ id: '\0' }],
        event_id: 'e',
        kind: 'click',
        document_id: '\0',
      });
      expect(error?.issues).toContainEqual(
        expect.objectContaining({ message: 'expected an id that is not empty' }),
      );
    }
  });

  test('a burst of one query by one client is marked, and so is test traffic', async () => {
    const burst = Array.from({ length: 30 }, (_, at) => search(`b${at}`, { client_id: 'robot' }));
    await store.recordSearches(burst);
    const others = Array.from({ length: 30 }, (_, at) => search(`o${at}`, { client_id: `c${at}` }));
    await store.recordSearches([...others, search('t', { test: true })]);
    const counts = await store.counts();
    expect(counts).toMatchObject({ searches: 61, excluded: 21 });
  });

  test('repeated sends of the same searches are not a burst', async () => {
    for (let again = 0; again < 15; again++) {
      await store.recordSearches([search('same', { client_id: 'patient' })]);
    }
    await store.recordSearches([search('next', { client_id: 'patient' })]);
    expect(await store.counts()).toMatchObject({ searches: 2, excluded: 0 });
  });

  test('mining ignores a burst that two processes received in parts', async () => {
    const other = new FeedbackStore(database.db);
    for (let at = 0; at < 20; at++) {
      const process = at % 2 === 0 ? store : other;
      await process.recordSearches([search(`b${at}`, { client_id: 'robot' })]);
    }
    expect(await store.counts()).toMatchObject({ searches: 20, excluded: 0 });
    expect((await readLog(database.db)).searches).toBe(10);
  });

  test('a user is erased with all texts that only this user wrote', async () => {
    await store.recordSearches([
      search('mine', { user_id: 'u1', query: 'a secret of mine' }),
      search('others', { user_id: 'u2' }),
    ]);
    await store.recordFeedback([
      said('mine', { kind: 'note', note: 'what I said' }),
      said('others', { user_id: 'u1', kind: 'note', note: 'there too' }),
      said('others'),
    ]);
    expect(await store.eraseUser('u1')).toEqual({ searches: 1, feedback: 2 });
    expect(await store.counts()).toMatchObject({ searches: 1, feedback: 1 });
    const { rows } = await sql<{ text: string }>`select text from texts`.execute(database.db);
    const texts = rows.map(({ text }) => text).sort();
    expect(texts).toEqual(['function close() {}', 'function parseDate() {}', 'parse a date']);
  });

  test('pages contain each search once, newest first and oldest first', async () => {
    const day = (at: number) => new Date(Date.UTC(2026, 0, 1 + Math.floor(at / 3))).toISOString();
    const all = Array.from({ length: 25 }, (_, at) => search(`p${at}`, { time: day(at) }));
    await store.recordSearches(all);
    const seen: string[] = [];
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const page = await store.list(4, before);
      seen.push(...page.map(({ event_id }) => event_id));
      if (page.length < 4) break;
    }
    expect(new Set(seen).size).toBe(25);
    const streamed: string[] = [];
    for await (const { event_id } of store.all(7)) streamed.push(event_id);
    expect(streamed).toEqual([...seen].reverse());
  });

  test('queries without results are listed', async () => {
    await store.recordSearches([search('e1'), search('e2', { query: 'nothing', documents: [] })]);
    expect(await store.withoutResults(10)).toMatchObject([{ query: 'nothing' }]);
  });
});
