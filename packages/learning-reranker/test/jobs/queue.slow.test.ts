import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/connection.js';
import { JobQueue, LEASE_SECONDS } from '../../src/jobs/queue.js';
import { nextAfter, ScheduleError, Schedules } from '../../src/jobs/scheduler.js';
import {
  databaseOf,
  describeOnDatabases,
  hasPostgresql,
  newDatabase,
} from '../database/databases.js';

type Location = Awaited<ReturnType<typeof newDatabase>>;

describeOnDatabases('on the %s database', (kind) => {
  const database = databaseOf(kind);
  let queue: JobQueue;
  beforeAll(async () => {
    queue = new JobQueue(database.db);
  });
  afterEach(() => database.db.deleteFrom('jobs').execute());
  /** As if its worker had gone silent long ago. */
  const expire = (id: string) =>
    sql`update jobs set lease_until = now() - interval '1 second' where id = ${id}`.execute(
      database.db,
    );

  test('workers get jobs in the order of the queue, and each job goes to one worker', async () => {
    const made = [await queue.enqueue('mine', { a: 1 }), await queue.enqueue('train', {})];
    const given = [await queue.claim('w1'), await queue.claim('w2'), await queue.claim('w3')];
    expect(given.map((job) => job?.id)).toEqual([made[0]?.id, made[1]?.id, undefined]);
    expect(given[0]).toMatchObject({ status: 'running', attempts: 1, request: { a: 1 } });
  });

  test('a worker without heartbeats loses its job and can no longer end it', async () => {
    const { id } = await queue.enqueue('train', {});
    await queue.claim('gone');
    expect(await queue.claim('other')).toBeNull();
    await expire(id);
    expect(await queue.claim('other')).toMatchObject({ id, attempts: 2, worker: 'other' });
    expect(await queue.heartbeat(id, 'gone')).toEqual({ held: false, cancelRequested: false });
    expect(await queue.finish(id, 'gone', { status: 'succeeded', result: {} })).toBe(false);
    expect(await queue.finish(id, 'other', { status: 'succeeded', result: { b: 2 } })).toBe(true);
    expect(await queue.get(id)).toMatchObject({ status: 'succeeded', result: { b: 2 } });
  });

  test('a heartbeat extends the lease, stores progress and returns a cancel request', async () => {
    const { id } = await queue.enqueue('train', {});
    await queue.claim('w');
    await sql`update jobs set lease_until = now() + interval '1 second'`.execute(database.db);
    const before = (await queue.get(id))?.lease_until?.getTime() ?? 0;
    const progress = { share: 0.5, message: 'half', etaSeconds: 7 };
    expect(await queue.heartbeat(id, 'w', progress)).toEqual({
      held: true,
      cancelRequested: false,
    });
    const job = await queue.get(id);
    expect(job).toMatchObject({ progress: 0.5, message: 'half', eta_seconds: 7 });
    const gained = (job?.lease_until?.getTime() ?? 0) - before;
    expect(gained).toBeGreaterThanOrEqual((LEASE_SECONDS - 1) * 1000);
    await queue.cancel(id);
    expect(await queue.heartbeat(id, 'w')).toEqual({ held: true, cancelRequested: true });
  });

  test('a job whose workers die in each attempt fails', async () => {
    const { id } = await queue.enqueue('train', {}, { maxAttempts: 2 });
    for (const worker of ['a', 'b']) {
      expect(await queue.claim(worker)).toMatchObject({ id });
      await expire(id);
    }
    await queue.failAbandoned();
    expect(await queue.claim('c')).toBeNull();
    expect(await queue.get(id)).toMatchObject({ status: 'failed' });
    expect(await queue.lastEvent(id, 'ended')).toMatchObject({ data: { outcome: 'failed' } });
  });

  test('a queued job is cancelled at once; an ended job cannot be cancelled, but retried', async () => {
    const { id } = await queue.enqueue('mine', { a: 1 });
    expect(await queue.cancel(id)).toMatchObject({ status: 'cancelled' });
    expect(await queue.lastEvent(id, 'ended')).toMatchObject({ data: { outcome: 'cancelled' } });
    expect(await queue.claim('w')).toBeNull();
    await expect(queue.cancel(id)).rejects.toThrow(/has already ended: cancelled/);
    const again = await queue.retry(id);
    expect(again).toMatchObject({ status: 'queued', request: { a: 1 } });
    await expect(queue.retry(again.id)).rejects.toThrow(/is queued/);
  });

  test('a postponed job does not lose an attempt', async () => {
    const { id } = await queue.enqueue('train', {});
    await queue.claim('w');
    await queue.postpone(id, 'w', 'waiting for another training to end', 60);
    expect(await queue.claim('w')).toBeNull();
    expect(await queue.get(id)).toMatchObject({ status: 'queued', attempts: 0 });
    await expire(id);
    expect(await queue.claim('w')).toMatchObject({ id, attempts: 1 });
  });

  test('a checkpoint resets the count of attempts', async () => {
    const { id } = await queue.enqueue('train', {}, { maxAttempts: 2 });
    for (let attempt = 1; attempt <= 4; attempt++) {
      expect(await queue.claim(`w${attempt}`)).toMatchObject({ id, attempts: attempt });
      if (attempt === 2) await queue.countAttemptsAnew(id, 'w2');
      await expire(id);
    }
    expect(await queue.claim('w5')).toBeNull();
  });

  test('the last event of an ended job is its end', async () => {
    const { id } = await queue.enqueue('mine', {});
    await queue.claim('w');
    for (let at = 0; at < 5; at++) await queue.addEvent(id, 'note', { at });
    await queue.finish(id, 'w', { status: 'succeeded', result: {} });
    expect((await queue.lastEvents(id, 2)).map(({ type, data }) => [type, data])).toEqual([
      ['note', { at: 4 }],
      ['ended', { outcome: 'succeeded' }],
    ]);
  });

  test('a job to be retried waits before the next attempt', async () => {
    const { id } = await queue.enqueue('mine', {});
    await queue.claim('w');
    await queue.retryLater(id, 'w', 'not now', 60);
    expect(await queue.claim('w')).toBeNull();
    expect(await queue.get(id)).toMatchObject({ error: 'not now' });
    await expire(id);
    expect(await queue.claim('w')).toMatchObject({ id, attempts: 2, error: null });
  });

  test('a job to be retried gets another attempt even after its last one', async () => {
    const { id } = await queue.enqueue('train', {}, { maxAttempts: 1 });
    await queue.claim('w');
    // As where the database was away when its worker said that it had got somewhere.
    await queue.retryLater(id, 'w', 'not now', 60);
    await expire(id);
    expect(await queue.claim('w')).toMatchObject({ id, attempts: 2 });
    await expire(id);
    await queue.failAbandoned();
    expect(await queue.get(id)).toMatchObject({ status: 'failed' });
  });

  test('a reader continues after the last event it read', async () => {
    const { id } = await queue.enqueue('mine', {});
    for (const n of [1, 2, 3]) await queue.addEvent(id, 'step', { n });
    const all = await queue.events(id);
    expect(all.map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await queue.events(id, all[0]?.id)).toEqual(all.slice(1));
    expect(await queue.lastEvent(id, 'step')).toEqual(all[2]);
  });

  test('two services queue one job for a schedule, and one for all missed times', async () => {
    const schedules = new Schedules(database.db);
    const other = new Schedules(database.db);
    const { id } = await schedules.create('* * * * *', 'cycle', { action: 'propose' });
    const later = new Date(Date.now() + 10 * 60_000);
    const made = await Promise.all([schedules.enqueueDue(later), other.enqueueDue(later)]);
    expect(made[0] + made[1]).toBe(1);
    expect(await queue.list()).toMatchObject([{ kind: 'cycle', request: { action: 'propose' } }]);
    expect(await schedules.enqueueDue(later)).toBe(0);
    const afterwards = (minutes: number) => new Date(later.getTime() + minutes * 61_000);
    // The one before still waits: another would do the same once more.
    expect(await schedules.enqueueDue(afterwards(1))).toBe(0);
    await queue.claim('w');
    expect(await schedules.enqueueDue(afterwards(2))).toBe(1);
    expect(await schedules.remove(id)).toBe(true);
    expect(() => nextAfter('every day', new Date())).toThrow(ScheduleError);
  });
});

describe.skipIf(!hasPostgresql)('several processes on PostgreSQL', () => {
  let location: Location;
  const workers: ChildProcess[] = [];
  beforeEach(async () => {
    location = await newDatabase('postgresql');
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
    await location.remove();
  });
  const script = fileURLToPath(new URL('queue-process.mjs', import.meta.url));
  const start = () => {
    const worker = spawn(process.execPath, [script, location.url ?? ''], { stdio: 'inherit' });
    workers.push(worker);
    return worker;
  };

  test('run each of 300 jobs once although processes are killed', async () => {
    const database = await openDatabase(location);
    try {
      await sql`create table done (job text primary key)`.execute(database.db);
      const queue = new JobQueue(database.db);
      for (let at = 0; at < 300; at++) await queue.enqueue('mine', { at }, { maxAttempts: 20 });
      const done = async () => (await queue.list({ status: 'succeeded', limit: 500 })).length;
      for (let at = 0; at < 3; at++) start();
      for (const kill of [60, 120, 180]) {
        while ((await done()) < kill) await sleep(10);
        const [victim] = workers.splice(0, 1);
        victim?.kill('SIGKILL');
        await once(victim as ChildProcess, 'exit');
        // What it held is given again when its lease is over; here at once.
        await sql`update jobs set lease_until = now() where status = 'running'
          and worker = ${`worker-${victim?.pid}`}`.execute(database.db);
        start();
      }
      while ((await done()) < 300) await sleep(20);
      const rows = async () => {
        const found = await sql<{ count: string }>`select count(*) from done`.execute(database.db);
        return Number(found.rows[0]?.count);
      };
      // One killed between ending its job and writing its row leaves no row; none leaves two.
      await expect.poll(rows, { timeout: 300_000 }).toBeGreaterThanOrEqual(297);
      expect(await done()).toBe(300);
    } finally {
      await database.close();
    }
  });
});
