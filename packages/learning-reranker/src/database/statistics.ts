/** Refreshes the planner's statistics: the number of rows and the distribution of values. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.js';

/**
 * Call it before reading a table page by page. The embedded database has no autovacuum, and PostgreSQL's may not have
 * run since an import. Without statistics, the planner scans the whole table for each page, so that time grows with
 * the square of the rows. Takes at most a second, since it reads a sample.
 */
export async function refreshStatistics(
  db: Kysely<Database>,
  tables: readonly (keyof Database)[],
): Promise<void> {
  await sql`analyze ${sql.join(tables.map((table) => sql.table(table)))}`.execute(db);
}
