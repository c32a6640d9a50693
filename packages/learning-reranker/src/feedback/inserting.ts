/** Inserts a batch and its texts with one statement, which costs one round trip to the database. */
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database, FeedbackTable, SearchesTable } from '../database/schema.js';

/** The time may be a text, which has microseconds. */
export type NewFeedback = Omit<Selectable<FeedbackTable>, 'time'> & {
  readonly time: Date | string;
};

/** Texts by hash. */
export type Texts = ReadonlyMap<string, string>;

/** Inserts all searches or none. Returns the ids of the new ones. */
export function insertSearches(
  db: Kysely<Database>,
  texts: Texts,
  rows: readonly Selectable<SearchesTable>[],
): Promise<readonly string[]> {
  return insert(
    db,
    texts,
    sql`insert into searches select * from json_populate_recordset(null::searches, ${json(rows)})`,
    'event_id',
  );
}

/** Inserts all feedback or none. Returns the ids of the new rows. */
export function insertFeedback(
  db: Kysely<Database>,
  texts: Texts,
  rows: readonly NewFeedback[],
): Promise<readonly string[]> {
  return insert(
    db,
    texts,
    sql`insert into feedback select * from json_populate_recordset(null::feedback, ${json(rows)})`,
    'feedback_id',
  );
}

async function insert(
  db: Kysely<Database>,
  texts: Texts,
  statement: RawBuilder<unknown>,
  key: string,
): Promise<readonly string[]> {
  const kept = sql`kept as (${statement} on conflict do nothing returning ${sql.ref(key)} as key)`;
  // Sorted by hash, so that two writers of the same texts never deadlock.
  const sorted = [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([hash, text]) => ({ hash, text }));
  const all =
    sorted.length === 0
      ? kept
      : sql`new_texts as (
          insert into texts select * from json_populate_recordset(null::texts, ${json(sorted)})
          on conflict do nothing
        ), ${kept}`;
  const { rows } = await sql<{ key: string }>`with ${all} select key from kept`.execute(db);
  return rows.map((row) => row.key);
}

function json(rows: readonly unknown[]): RawBuilder<unknown> {
  return sql`${JSON.stringify(rows)}::json`;
}
