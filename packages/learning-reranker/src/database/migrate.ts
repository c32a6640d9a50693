/** Updates a database to the newest schema. */
import { type Kysely, type MigrationProvider, Migrator } from 'kysely';
import * as initial from './migrations/0001-initial.js';
import type { Database } from './schema.js';

/** Migrations by name, in order. Never change one after its release. */
const provider: MigrationProvider = {
  getMigrations: async () => ({ '0001-initial': initial }),
};

/** If several processes start at once, the migrator's lock lets one migrate while the others wait. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
}
