/**
 * Measures mining a log of 250 thousand, 500 thousand and 1 million events (searches with ten shown documents, and
 * clicks) into training records: seconds and peak memory of a separate process, on PostgreSQL (TEST_POSTGRESQL,
 * skipped if none answers) and embedded. The tables are not analyzed or vacuumed first.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { mineFeedback, openDatabase } from 'learning-reranker/internals';
import pg from 'pg';
import { machine, save } from '../shared/record.mjs';

const SIZES = (process.env.SIZES ?? '250000,500000,1000000').split(',').map(Number);
const QUERIES = Number(process.env.QUERIES ?? 5000);
const SHOWN = 10;
const SERVER = process.env.TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';

const [, , task, location] = process.argv;
if (task === 'mine') {
  const { db, close } = await openDatabase(JSON.parse(location));
  const started = performance.now();
  const { records, report } = await mineFeedback(db);
  const seconds = (performance.now() - started) / 1000;
  await close();
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    JSON.stringify({ seconds, peakRssMiB, records: records.length, clicks: report.clicks }),
  );
  process.exit();
}

/** Adds searches, each with a click. Clicks at lower ranks are rarer. */
async function addSearches(db, from, to) {
  await sql`
    insert into texts
    select encode(sha256(text::bytea), 'hex'), text from (
      select 'how to do ' || query as text from generate_series(0, ${QUERIES - 1}::int) as query
      union all
      select 'function number' || query || 'of' || place || '() { return ' || place || '; }'
      from generate_series(0, ${QUERIES - 1}::int) as query, generate_series(0, ${SHOWN + 1}::int) as place
    ) as made on conflict do nothing`.execute(db);
  await sql`
    insert into searches (event_id, time, received, query, client_id, shown)
    select 'e' || at, timestamptz '2026-01-01' + at * interval '1 second', now(),
      encode(sha256(('how to do ' || at % ${QUERIES}::int)::bytea), 'hex'), 'c' || at % 20011,
      (select jsonb_agg(jsonb_build_object('position', rank, 'score', null,
        'id', at % ${QUERIES}::int || '/' || (rank + at / ${QUERIES}::int) % ${SHOWN + 2}::int,
        'text', encode(sha256(('function number' || at % ${QUERIES}::int || 'of'
          || (rank + at / ${QUERIES}::int) % ${SHOWN + 2}::int || '() { return '
          || (rank + at / ${QUERIES}::int) % ${SHOWN + 2}::int || '; }')::bytea), 'hex')))
        from generate_series(1, ${SHOWN}::int) as rank)
    from generate_series(${from}::int, ${to - 1}::int) as at`.execute(db);
  await sql`
    insert into feedback (feedback_id, event_id, document_id, kind, time, received, client_id)
    select 'f' || at, 'e' || at, at % ${QUERIES}::int || '/' || case
        -- Seven in ten are on the query's answer, which two lists in twelve do not show; the others fall with the rank.
        when random() < 0.7 then 0
        else (floor(${SHOWN}::int * power(random(), 3))::int + 1 + at / ${QUERIES}::int) % ${SHOWN + 2}::int
      end,
      'click', timestamptz '2026-01-01' + at * interval '1 second', now(), 'c' || at % 20011
    from generate_series(${from}::int, ${to - 1}::int) as at`.execute(db);
}

async function measured(location) {
  const figures = {};
  let from = 0;
  for (const size of SIZES) {
    const { db, close } = await openDatabase(location);
    // Half of the events are searches, half are clicks.
    while (from < size / 2) {
      const to = Math.min(from + 25_000, size / 2);
      await addSearches(db, from, to);
      from = to;
    }
    await close();
    const script = fileURLToPath(import.meta.url);
    const child = spawnSync(process.execPath, [script, 'mine', JSON.stringify(location)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.status !== 0) throw new Error(`mining ${size} events failed`);
    figures[size] = JSON.parse(child.stdout.toString());
    console.log(size, figures[size]);
  }
  return figures;
}

async function onServer(statement) {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 2000 });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

const results = {};
const name = `reranker_mining_${process.pid}`;
const hasServer = await onServer(`create database ${name}`).then(
  () => true,
  (error) => console.log(`without PostgreSQL: ${error.message}`),
);
if (hasServer) {
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  try {
    results.PostgreSQL = await measured({ url: url.href, dataDir: null });
  } finally {
    await onServer(`drop database if exists ${name} with (force)`);
  }
}
const dataDir = mkdtempSync(join(tmpdir(), 'mining-'));
results.embedded = await measured({ url: null, dataDir });
rmSync(dataDir, { recursive: true });

console.log(`\n${machine().cpu}; ${QUERIES} queries, ${SHOWN} documents shown`);
console.table(
  Object.entries(results).flatMap(([database, figures]) =>
    Object.entries(figures).map(([events, { seconds, peakRssMiB, records }]) => ({
      database,
      events: Number(events),
      seconds: seconds.toFixed(1),
      'peak MiB': peakRssMiB,
      records,
    })),
  ),
);
save('mining', {
  setting: `Half of the events are searches with ${SHOWN} documents, half are clicks; seven in ten clicks of a query are on the same document. There are ${QUERIES} distinct queries. The time covers the click models inverse-propensity and naive`,
  results,
});
