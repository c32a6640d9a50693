/** Opens the database: PostgreSQL where an address is given, else PGlite in the data folder. Both speak through `pg`. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { LockHeldError, takeLock } from '../records/process-lock.js';
import { migrate } from './migrate.js';
import type { Database } from './schema.js';
import { makeDatabaseFolder, newInMemory } from './template.js';

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  readonly kind: 'embedded' | 'postgresql';
  close(): Promise<void>;
}

/** The database cannot be opened: what was tried and what to do. */
export class DatabaseError extends TypedError {
  override readonly name = 'DatabaseError';
  readonly kind = 'unavailable';
}

export interface DatabaseLocation {
  /** `postgresql://…`; null is the embedded database. */
  readonly url: string | null;
  /** Where the embedded database lies; null keeps it in memory. */
  readonly dataDir: string | null;
}

/** What opens a database: others are told when they find the embedded one held. */
export type DatabaseUser = 'service' | 'command';

/** What to do while it is held. */
const waysOut: Readonly<Record<DatabaseUser, string>> = {
  service: 'a service runs with this data folder. Talk to it, or stop it first.',
  command:
    'a command works with this data folder. Try again when it has ended; to a service (reranker serve) any number of commands can talk at once.',
};

/** Connections of one process to a PostgreSQL server. */
const POOL_SIZE = 10;
/** On the embedded database's only connection a query inside a transaction would wait for ever: it fails loudly. */
const CONNECTION_TIMEOUT_MS = 30_000;

/** Opens and migrates. @throws {DatabaseError} */
export async function openDatabase(
  location: DatabaseLocation,
  user: DatabaseUser = 'service',
): Promise<OpenDatabase> {
  const { url, dataDir } = location;
  const opened = url === null ? await embedded(dataDir, user) : remote(url);
  try {
    await migrate(opened.db);
    return opened;
  } catch (error) {
    await opened.close();
    if (location.url === null) throw error;
    throw new DatabaseError(
      `the database of DATABASE_URL does not answer as PostgreSQL 15 or later should: ${reasonOf(error)}. Check the address and that the server runs, or unset DATABASE_URL to use the embedded database.`,
      { cause: error },
    );
  }
}

/** Of a name with several addresses each has failed, and the error around them says nothing itself. */
function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}

function remote(connectionString: string): OpenDatabase {
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  });
  // A connection that breaks is replaced by the pool, and the query on it fails; without listeners for those
  // that lie idle and for those in use it would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return { db, kind: 'postgresql', close: () => db.destroy() };
}

/** PGlite does not lock its folder, and two processes in it lose each other's rows. */
async function embedded(dataDir: string | null, user: DatabaseUser): Promise<OpenDatabase> {
  const folder = dataDir === null ? null : join(dataDir, 'database');
  const release = folder === null ? async () => undefined : await lockFolder(folder, user);
  let lite: PGlite | undefined;
  try {
    lite = folder === null ? await newInMemory() : await openFolder(folder);
  } catch (error) {
    await release();
    throw new DatabaseError(
      `the embedded database in ${folder} cannot be opened: ${(error as Error).message}. Restore the folder from a backup, or move it away to begin anew.`,
      { cause: error },
    );
  }
  const open = lite;
  const pool = new pg.Pool({
    ...createPgConfig(open),
    max: 1,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  });
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    kind: 'embedded',
    close: async () => {
      await db.destroy();
      await open.close();
      await release();
    },
  };
}

async function openFolder(folder: string): Promise<PGlite> {
  if (!existsSync(join(folder, 'PG_VERSION'))) await makeDatabaseFolder(folder);
  const lite = new PGlite({ dataDir: folder });
  await lite.waitReady;
  return lite;
}

async function lockFolder(folder: string, user: DatabaseUser): Promise<() => Promise<void>> {
  try {
    return await takeLock(`${folder}.lock`, user);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new DatabaseError(
      `${error.message}: ${waysOut[error.holder?.as === 'command' ? 'command' : 'service']}`,
      { cause: error },
    );
  }
}
