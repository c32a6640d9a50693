/** What the planner knows of the tables: how many rows there are, and of which values. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/**
 * To be called before a table is read page by page: the embedded database has no autovacuum that would
 * count it, and on PostgreSQL it may not have come by since an import. Without counts each page is planned
 * as a scan of the whole table, so that time grows with the square of its rows. Takes a second at most,
 * since a sample is read.
 */
export async function refreshStatistics(
  db: Kysely<Database>,
  tables: readonly (keyof Database)[],
): Promise<void> {
  await sql`analyze ${sql.join(tables.map((table) => sql.table(table)))}`.execute(db);
}
