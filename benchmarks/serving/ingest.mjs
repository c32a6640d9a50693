/**
 * Measures storing events: searches with ten shown documents and a click each, one by one and in batches of 500. The
 * API's schema checks them. The embedded database and PostgreSQL (TEST_POSTGRESQL, skipped if none answers) store them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FeedbackStore,
  feedbackSchema,
  openDatabase,
  searchSchema,
} from 'learning-reranker/internals';
import pg from 'pg';
import { machine, save } from '../shared/record.mjs';

const SINGLE = Number(process.env.SINGLE ?? 2000);
const BATCHED = Number(process.env.BATCHED ?? 50_000);
const BATCH = 500;
const SHOWN = 10;
const CLIENTS = 16;
const SERVER = process.env.TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';

/** Every search is new, and one in ten of the shown texts. */
function* events(count, name) {
  for (let at = 0; at < count; at++) {
    const event_id = `${name}-${at}`;
    const documents = Array.from({ length: SHOWN }, (_, place) => {
      const id = place === 0 ? `new-${name}-${at}` : `known-${(at * 7 + place) % 1000}`;
      return {
        id,
        text: `function ${id}(value) {\n  return transform(value, '${id}');\n}\n`.repeat(5),
      };
    });
    const client_id = `client-${at % 1000}`;
    yield { search: { event_id, query: `how to ${at % 2000}`, documents, client_id } };
    yield { click: { event_id, document_id: documents[0].id, kind: 'click', client_id } };
  }
}

/** Events per second, with this many writers that send batches of this size. */
async function measure(store, count, size, name, writers = 1) {
  const all = [...events(count / 2, name)];
  const started = performance.now();
  let next = 0;
  const write = async () => {
    while (next < all.length) {
      const part = all.slice(next, next + size);
      next += size;
      const searches = part.flatMap(({ search }) => (search ? [searchSchema.parse(search)] : []));
      const clicks = part.flatMap(({ click }) => (click ? [feedbackSchema.parse(click)] : []));
      if (searches.length > 0) await store.recordSearches(searches);
      if (clicks.length > 0) await store.recordFeedback(clicks);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return Math.round((count / (performance.now() - started)) * 1000);
}

async function measured(location) {
  const { db, close } = await openDatabase(location);
  const store = new FeedbackStore(db);
  await measure(store, 200, 1, 'warm');
  const single = await measure(store, SINGLE, 1, 'single');
  const concurrent = await measure(store, SINGLE, 1, 'concurrent', CLIENTS);
  const batched = await measure(store, BATCHED, BATCH, 'batched');
  const { searches, feedback } = await store.counts();
  if (searches + feedback !== 200 + 2 * SINGLE + BATCHED) throw new Error('events are missing');
  await close();
  return { single, [`single, ${CLIENTS} at a time`]: concurrent, batched };
}

async function onServer(statement) {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 2000 });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

const figures = {};
const dataDir = mkdtempSync(join(tmpdir(), 'ingest-'));
figures.embedded = await measured({ url: null, dataDir });
rmSync(dataDir, { recursive: true });
const name = `reranker_ingest_${process.pid}`;
try {
  await onServer(`create database ${name}`);
} catch (error) {
  console.log(`without PostgreSQL: ${error.message}`);
}
const url = new URL(SERVER);
url.pathname = `/${name}`;
try {
  figures.PostgreSQL = await measured({ url: url.href, dataDir: null });
} finally {
  await onServer(`drop database if exists ${name} with (force)`);
}

console.log(`\n${machine().cpu}; ${SHOWN} documents shown a search; events a second`);
console.table(figures);
save('ingest', {
  setting: `Searches with ${SHOWN} documents each (one text in ten is new) alternate with clicks. Batches hold ${BATCH} events. One process checks the schema and writes to disk`,
  eventsPerSecond: figures,
});
