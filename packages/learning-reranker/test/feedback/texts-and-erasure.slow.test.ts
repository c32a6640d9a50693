import fc from 'fast-check';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { type FeedbackInput, feedbackSchema } from '../../src/feedback/schema.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { hashOf } from '../../src/feedback/texts.js';
import { databaseOf, describeOnDatabases } from '../database/databases.js';
import { search } from './searches.js';

const said = (input: FeedbackInput) => feedbackSchema.parse(input);

describeOnDatabases('texts and erasure on the %s database', (kind) => {
  const database = databaseOf(kind);
  let store: FeedbackStore;
  beforeAll(async () => {
    store = new FeedbackStore(database.db);
  });
  beforeEach(() => store.clear());

  const textsKept = async () =>
    (await database.db.selectFrom('texts').select('text').execute()).map(({ text }) => text);
  const all = async () => {
    const rows = [];
    for await (const row of store.all(3)) rows.push(row);
    return rows;
  };

  it('accepts the SHA-256 of a stored text in place of the text', async () => {
    await store.recordSearches([search({ event_id: 'a' })]);
    const { shown } = await database.db
      .selectFrom('searches')
      .select('shown')
      .executeTakeFirstOrThrow();
    const reference = shown[1]?.text ?? '';
    await store.recordSearches([
      search({ event_id: 'b', documents: [{ id: 'sockets.ts', reference }] }),
    ]);
    const row = (await all()).find(({ event_id }) => event_id === 'b');
    expect(row?.documents[0]?.text).toBe('function closeSocket(socket) {}');
  });

  it('erases a user with every text that nothing else refers to', async () => {
    await store.recordSearches([
      search({
        event_id: 'hers',
        user_id: 'ada',
        query: 'what ada asked',
        documents: [
          { id: 'shared', text: 'shown to both' },
          { id: 'own', text: 'shown to ada alone' },
        ],
      }),
      search({
        event_id: 'his',
        user_id: 'bob',
        query: 'what bob asked',
        documents: [{ id: 'shared', text: 'shown to both' }],
      }),
    ]);
    await store.recordFeedback([
      said({ event_id: 'hers', kind: 'note', note: 'said without a user' }),
      said({ event_id: 'his', kind: 'note', note: 'ada on bob', user_id: 'ada' }),
      said({ event_id: 'his', kind: 'click', document_id: 'shared', user_id: 'bob' }),
    ]);
    expect(await store.eraseUser('ada')).toEqual({ searches: 1, feedback: 2 });
    expect((await textsKept()).sort()).toEqual(['shown to both', 'what bob asked']);
    expect(await all()).toMatchObject([{ event_id: 'his', feedback: [{ kind: 'click' }] }]);
    expect(await store.eraseUser('ada')).toEqual({ searches: 0, feedback: 0 });
  });

  it('erases the teacher scores of erased texts only', async () => {
    const shared = [{ id: 'shared', text: 'shown to both' }];
    await store.recordSearches([
      search({ user_id: 'ada', query: 'what ada asked', documents: shared }),
      search({ user_id: 'bob', query: 'what bob asked', documents: shared }),
    ]);
    const score = (query: string) => ({
      teacher: 't',
      query: hashOf(query),
      document: hashOf('shown to both'),
      score: 1,
    });
    const scores = () => database.db.selectFrom('teacher_scores').select('query').execute();
    await database.db
      .insertInto('teacher_scores')
      .values([score('what ada asked'), score('what bob asked')])
      .execute();
    await store.eraseUser('ada');
    expect(await scores()).toEqual([{ query: hashOf('what bob asked') }]);
    await store.clear();
    expect(await scores()).toEqual([]);
  });

  it('keeps a text that is sent again during an erasure', async () => {
    const documents = [{ id: 'd', text: 'common' }];
    for (let round = 0; round < 10; round++) {
      await store.recordSearches([search({ user_id: 'ada', documents })]);
      await Promise.all([
        store.eraseUser('ada'),
        store.recordSearches([search({ event_id: `r${round}`, documents })]),
      ]);
    }
    const rows = await all();
    expect(rows).toHaveLength(10);
    expect(rows.every((row) => row.documents[0]?.text === 'common')).toBe(true);
  });

  it('refuses IP addresses and user agents', () => {
    expect(() => search({ client_ip: '192.0.2.1' } as never)).toThrow();
    expect(() => search({ user_agent: 'Mozilla' } as never)).toThrow();
  });

  it('returns the same rows in the same order for any page size, even with equal times', async () => {
    const time = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (minutes, size) => {
        await store.clear();
        await store.recordSearches(minutes.map((minute) => search({ time: time(minute) })));
        const forward = [];
        for await (const row of store.all(size)) forward.push(row.event_id);
        const backward: string[] = [];
        for (;;) {
          const page = await store.list(size, backward.at(-1));
          backward.push(...page.map(({ event_id }) => event_id));
          if (page.length < size) break;
        }
        expect(forward).toHaveLength(minutes.length);
        expect(backward.reverse()).toEqual(forward);
      },
    );
    await fc.assert(property, { numRuns: 10 });
  });

  it('accepts any text of JSON', async () => {
    const property = fc.asyncProperty(
      fc.string({ unit: 'binary', minLength: 1 }).filter((text) => /[^\s\0]/.test(text)),
      async (text) => {
        await store.clear();
        await store.recordSearches([search({ query: `q${text}`, documents: [{ id: 'd', text }] })]);
        const [row] = await all();
        expect(row?.documents[0]?.text?.isWellFormed()).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 30 });
    await store.recordSearches([
      search({ query: 'a\0b\ud800', documents: [{ id: 'x\0\udfff', text: '\ud83d' }] }),
    ]);
  });
});
