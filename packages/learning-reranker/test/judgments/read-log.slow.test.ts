import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection.js';
import { feedbackSchema } from '../../src/feedback/schema.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { readLog } from '../../src/judgments/read-log.js';
import { describeOnDatabases, newDatabase } from '../database/databases.js';
import { search } from '../feedback/searches.js';

describeOnDatabases('reading the log in the %s database', (kind) => {
  let location: Awaited<ReturnType<typeof newDatabase>>;
  let database: OpenDatabase;
  let store: FeedbackStore;
  beforeEach(async () => {
    location = await newDatabase(kind);
    database = await openDatabase(location);
    store = new FeedbackStore(database.db);
  });
  afterEach(async () => {
    await database.close();
    await location.remove();
  });

  test('refreshes the statistics of the tables before it reads them page by page', async () => {
    const searches = Array.from({ length: 4500 }, (_, at) => search({ event_id: `e${at}` }));
    await store.recordSearches(searches);
    await store.recordFeedback(
      searches.map(({ event_id }) =>
        feedbackSchema.parse({ event_id, kind: 'click', document_id: 'dates.ts' }),
      ),
    );
    const { searches: read, clicks } = await readLog(database.db);
    expect({ read, clicks }).toEqual({ read: 4500, clicks: 4500 });
    const { rows } = await sql<{ relname: string; reltuples: number }>`
      select relname, reltuples from pg_class where relname in ('searches', 'feedback', 'texts')
      order by relname`.execute(database.db);
    expect(rows).toEqual([
      { relname: 'feedback', reltuples: 4500 },
      { relname: 'searches', reltuples: 4500 },
      { relname: 'texts', reltuples: 4 },
    ]);
  });
});
