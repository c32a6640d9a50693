/** The databases that tests run on: the embedded one, and PostgreSQL if a server runs on this machine. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  type DatabaseLocation,
  type OpenDatabase,
  openDatabase,
} from '../../src/database/connection.js';

const SERVER = process.env.TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';

async function ask(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: SERVER, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Whether PostgreSQL runs. Without it, its tests are skipped. */
export const hasPostgresql = await ask('select 1').then(
  () => true,
  () => false,
);

export const databaseKinds = ['embedded', 'postgresql'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

/** Runs tests on each kind of database. Without PostgreSQL, its tests are reported as skipped. */
export function describeOnDatabases(name: string, define: (kind: DatabaseKind) => void): void {
  describe.each(databaseKinds)(name, (kind) => {
    if (kind === 'postgresql' && !hasPostgresql) {
      test.skip('PostgreSQL does not run on this machine', () => undefined);
    } else define(kind);
  });
}

/** A new database for the tests of the same block, from before the first until after the last. */
export function databaseOf(kind: DatabaseKind): {
  readonly db: OpenDatabase['db'];
  readonly location: DatabaseLocation;
} {
  let location: Awaited<ReturnType<typeof newDatabase>>;
  let database: OpenDatabase;
  beforeAll(async () => {
    location = await newDatabase(kind);
    database = await openDatabase(location);
  });
  afterAll(async () => {
    await database.close();
    await location.remove();
  });
  return {
    get db() {
      return database.db;
    },
    get location() {
      return location;
    },
  };
}

/** A new, empty database and the function that removes it. */
export async function newDatabase(
  kind: DatabaseKind,
): Promise<DatabaseLocation & { remove(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'database-'));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  if (kind === 'embedded') return { url: null, dataDir, remove: removeFolder };
  const name = `reranker_test_${randomBytes(6).toString('hex')}`;
  await ask(`create database ${name}`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    dataDir,
    remove: async () => {
      await ask(`drop database if exists ${name} with (force)`);
      await removeFolder();
    },
  };
}
