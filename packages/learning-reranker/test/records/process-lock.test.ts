import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LockHeldError, takeLock } from '../../src/records/process-lock.js';

let folder: string;
let path: string;
const goneProcess = () => spawnSync(process.execPath, ['-e', '']).pid;
const holder = (pid: number, extra: object = {}) =>
  JSON.stringify({
    pid,
    host: hostname(),
    since: '2026-01-01T00:00:00Z',
    processStart: null,
    ...extra,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  path = join(folder, 'training.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('is held by one process, which errors of others name, until its release', async () => {
  const release = await takeLock(path);
  await expect(takeLock(path)).rejects.toThrow(`held by process ${process.pid}`);
  await release();
  await (await takeLock(path))();
  expect(await readdir(folder)).toEqual([]);
});

it('tells other processes the purpose of the one that holds it', async () => {
  await takeLock(path, 'service');
  await expect(takeLock(path)).rejects.toMatchObject({ holder: { as: 'service' } });
});

it('is taken over from a process that has ended', async () => {
  await writeFile(path, holder(goneProcess()));
  await takeLock(path);
});

it('is taken over when its file is damaged', async () => {
  await writeFile(path, '{"pid": 1');
  await takeLock(path);
});

it.runIf(process.platform === 'linux')(
  'is taken over when another process has the number of its dead one',
  async () => {
    await writeFile(path, holder(process.pid, { processStart: '1' }));
    await takeLock(path);
  },
);

it('counts as held if its process is on another host', async () => {
  await writeFile(path, holder(goneProcess(), { host: 'another-host' }));
  await expect(takeLock(path)).rejects.toThrow(LockHeldError);
});

it('is taken over from another host that was silent for more than a minute', async () => {
  await writeFile(path, holder(goneProcess(), { host: 'another-host' }));
  const before = new Date(Date.now() - 61_000);
  await utimes(path, before, before);
  const release = await takeLock(path);
  await expect(takeLock(path)).rejects.toThrow(LockHeldError);
  await release();
});

it('is not released by the earlier process after another took it over', async () => {
  const release = await takeLock(path);
  await writeFile(path, holder(process.pid));
  await release();
  expect(await readdir(folder)).toEqual(['training.lock']);
});

it('is taken by only one of many processes that find it stale', async () => {
  await writeFile(path, holder(goneProcess()));
  const results = await Promise.allSettled(Array.from({ length: 16 }, () => takeLock(path)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
