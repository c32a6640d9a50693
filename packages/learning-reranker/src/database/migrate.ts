/** Brings a database to the newest form of the tables. */
import { type Kysely, type MigrationProvider, Migrator } from 'kysely';
import * as initial from './migrations/0001-initial.js';
import type { Database } from './schema.js';

/** By name, in order; one that has been released is never changed. */
const provider: MigrationProvider = {
  getMigrations: async () => ({ '0001-initial': initial }),
};

/** Of several processes that start at once one migrates, under the migrator's lock, and the others wait. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
}
