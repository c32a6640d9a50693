import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection.js';
import { ShownLog } from '../../src/feedback/shown-log.js';
import { FeedbackStore } from '../../src/feedback/store.js';

let database: OpenDatabase;
beforeAll(async () => {
  database = await openDatabase({ url: null, dataDir: null });
});
afterAll(() => database.close());

const search =
  (event_id: string, extra: object = {}) =>
  () => ({
    event_id,
    query: 'q',
    documents: [{ index: 0, text: 'a' }],
    ...extra,
  });

test('a search that cannot be stored is reported, and the others are stored', async () => {
  const store = new FeedbackStore(database.db);
  const lost: number[] = [];
  const log = new ShownLog(store, (count) => lost.push(count));
  log.add(search('good-1'));
  log.add(search('no id that is taken'));
  log.add(search('long', { documents: [{ index: 0, text: 'x'.repeat(1_500_000) }] }));
  log.add(search('good-2'));
  await log.flush();
  expect(lost).toEqual([1]);
  const kept = (await store.list(10)).map(({ event_id }) => event_id);
  expect(kept.sort()).toEqual(['good-1', 'good-2', 'long']);
});

test('the number of waiting searches is limited while the database does not answer', async () => {
  const lost: number[] = [];
  const never = { recordSearches: () => new Promise<never>(() => undefined) };
  const log = new ShownLog(never as unknown as FeedbackStore, (count) => lost.push(count));
  for (let at = 0; at < 6000; at++) log.add(search(`e${at}`));
  expect(lost).toHaveLength(1000);
});

test('searches that waited for the database are stored once each, with their own times', async () => {
  const store = new FeedbackStore(database.db);
  await store.clear();
  let isAway = true;
  const sometimesAway = {
    recordSearches: async (...searches: Parameters<FeedbackStore['recordSearches']>) => {
      // As the real one, which looks for bursts before it writes.
      if (isAway) await store.recordSearches(...searches).then(() => store.clear());
      if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return store.recordSearches(...searches);
    },
  };
  const log = new ShownLog(sometimesAway as unknown as FeedbackStore, () => undefined);
  const time = '2026-01-01T00:00:00.000Z';
  log.add(search('once', { client_id: 'one', time }));
  for (let attempt = 0; attempt < 15; attempt++) await log.flush();
  isAway = false;
  await log.flush();
  expect(await store.list(10)).toMatchObject([{ event_id: 'once', time, excluded: null }]);
});
