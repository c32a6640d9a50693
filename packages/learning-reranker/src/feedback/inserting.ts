/** Inserts a batch and its texts with one statement, which costs one round trip to the database. */
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import type { Database, FeedbackTable, SearchesTable } from '../database/schema.js';

/** The time may be a text, which has microseconds. */
export type NewFeedback = Omit<Selectable<FeedbackTable>, 'time'> & {
  readonly time: Date | string;
};

/** Texts by hash. */
export type Texts = ReadonlyMap<string, string>;

/** Inserts all rows or none. Returns the keys of the new ones. */
export async function insertRows(
  db: Kysely<Database>,
  table: 'searches' | 'feedback',
  key: 'event_id' | 'feedback_id',
  texts: Texts,
  rows: readonly (Selectable<SearchesTable> | NewFeedback)[],
): Promise<readonly string[]> {
  const into = sql.table(table);
  const statement = sql`insert into ${into} select * from json_populate_recordset(null::${into}, ${json(rows)})`;
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
  const inserted = await sql<{ key: string }>`with ${all} select key from kept`.execute(db);
  return inserted.rows.map((row) => row.key);
}

function json(rows: readonly unknown[]): RawBuilder<unknown> {
  return sql`${JSON.stringify(rows)}::json`;
}
