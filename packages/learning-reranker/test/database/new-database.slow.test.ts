import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DatabaseError, openDatabase } from '../../src/database/connection.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'new-database-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('a database folder that a killed process began is created again', async () => {
  const unfinished = join(dataDir, 'database.unfinished');
  await mkdir(join(unfinished, 'base'), { recursive: true });
  await writeFile(join(unfinished, 'PG_VERSION'), '17');
  for (let start = 0; start < 2; start++) {
    const { db, close } = await openDatabase({ url: null, dataDir });
    expect(await db.selectFrom('jobs').selectAll().execute()).toEqual([]);
    await close();
  }
});

test('a folder with other files is not changed', async () => {
  const folder = join(dataDir, 'database');
  await mkdir(folder);
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await expect(openDatabase({ url: null, dataDir })).rejects.toThrow(DatabaseError);
});

test('the error for an open database names the process that has it open', async () => {
  for (const [user, said] of [
    ['command', /held by process \d+.*: a command works with this data folder/],
    ['service', /held by process \d+.*: a service runs with this data folder/],
  ] as const) {
    const { close } = await openDatabase({ url: null, dataDir }, user);
    await expect(openDatabase({ url: null, dataDir }, 'command')).rejects.toThrow(said);
    await close();
  }
});
