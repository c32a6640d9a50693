/** Opens the database: PostgreSQL at an address, else PGlite in the data folder. The driver of both is `pg`. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { Kysely, Migrator, PostgresDialect } from 'kysely';
import pg from 'pg';
import { LockHeldError, takeLock } from '../records/process-lock.js';
import * as initial from './migrations/0001-initial.js';
import type { Database } from './schema.js';
import { makeDatabaseFolder, newInMemory } from './template.js';

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  readonly kind: 'embedded' | 'postgresql';
  close(): Promise<void>;
}

/** The database cannot be opened. */
export class DatabaseError extends TypedError {
  override readonly name = 'DatabaseError';
  readonly kind = 'unavailable';
}

export interface DatabaseLocation {
  /** `postgresql://…`; null for the embedded database. */
  readonly url: string | null;
  /** The folder with the embedded database; null keeps it in memory. */
  readonly dataDir: string | null;
}

/** The kind of process that opens a database. Errors of other processes name it. */
export type DatabaseUser = 'service' | 'command';

/** What to do while another process has the database open. */
const waysOut: Readonly<Record<DatabaseUser, string>> = {
  service: 'a service runs with this data folder. Send your requests to it, or stop it first.',
  command:
    'a command works with this data folder. Try again after it ends, or start a service (reranker serve), which any number of commands can use at once.',
};

/** Connections of one process to a PostgreSQL server. */
const POOL_SIZE = 10;
/** The embedded database has one connection, for which a second query inside a transaction would wait forever. */
const CONNECTION_TIMEOUT_MS = 30_000;

/** Opens and migrates a database. @throws {DatabaseError} */
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
      `Cannot open the database of DATABASE_URL: ${reasonOf(error)}. Check the address and that PostgreSQL 15 or later runs there, or unset DATABASE_URL to use the embedded database.`,
      { cause: error },
    );
  }
}

/** Migrations by name, in order. Never change one after its release. */
const migrations = { '0001-initial': initial };

/** If several processes start at once, the migrator's lock lets one migrate while the others wait. */
async function migrate(db: Kysely<Database>): Promise<void> {
  const provider = { getMigrations: async () => migrations };
  const { error } = await new Migrator({ db, provider }).migrateToLatest();
  if (error) throw error;
}

/** If all addresses of a host name fail, the error has a code and no message. */
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
  // The pool replaces a broken connection, and the query on it fails. Without these listeners, a broken connection
  // would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  return { db, kind: 'postgresql', close: () => db.destroy() };
}

/** PGlite does not lock its folder, and two processes that open it overwrite each other's rows. */
async function embedded(dataDir: string | null, user: DatabaseUser): Promise<OpenDatabase> {
  const folder = dataDir === null ? null : join(dataDir, 'database');
  const release = folder === null ? async () => undefined : await lockFolder(folder, user);
  let lite: PGlite | undefined;
  try {
    lite = folder === null ? await newInMemory() : await openFolder(folder);
  } catch (error) {
    await release();
    throw new DatabaseError(
      `Cannot open the embedded database in ${folder}: ${(error as Error).message}. Restore the folder from a backup, or move it away to start with an empty database.`,
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
