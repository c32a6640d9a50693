/** Three workers on PostgreSQL run 300 jobs while workers are killed. Each job must be done once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobQueue, openDatabase } from 'learning-reranker/internals';
import pg from 'pg';
import { root, save } from '../shared/record.mjs';

const JOBS = 300;
const SERVER = process.env.TEST_POSTGRESQL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const name = `reranker_jobs_${process.pid}`;
const admin = new pg.Client({ connectionString: SERVER });
await admin.connect();
await admin.query(`create database ${name}`);
const url = new URL(SERVER);
url.pathname = `/${name}`;
const { db, close } = await openDatabase({ url: url.href, dataDir: null });
await admin.query('select 1');
const own = new pg.Client({ connectionString: url.href });
await own.connect();
await own.query('create table done (job text)');
const queue = new JobQueue(db);
const script = join(root, 'packages/learning-reranker/test/jobs/queue-process.mjs');
const start = () => spawn(process.execPath, [script, url.href], { stdio: 'inherit' });

async function round(kills) {
  await own.query('delete from jobs');
  await own.query('delete from done');
  const workers = [start(), start(), start()];
  await sleep(1500);
  const began = performance.now();
  await Promise.all(
    Array.from({ length: JOBS }, (_, at) => queue.enqueue('mine', { at }, { maxAttempts: 20 })),
  );
  const enqueued = (performance.now() - began) / 1000;
  const succeeded = async () =>
    Number((await own.query("select count(*) from jobs where status = 'succeeded'")).rows[0].count);
  for (let kill = 1; kill <= kills; kill++) {
    while ((await succeeded()) < (kill * JOBS) / (kills + 2)) await sleep(5);
    const [victim] = workers.splice(0, 1);
    const ended = once(victim, 'exit');
    victim.kill('SIGKILL');
    await ended;
    workers.push(start());
  }
  while ((await succeeded()) < JOBS) await sleep(20);
  const seconds = (performance.now() - began) / 1000;
  const { rows } = await own.query('select count(*) as all, count(distinct job) as jobs from done');
  for (const worker of workers) worker.kill('SIGKILL');
  const doubled = Number(rows[0].all) - Number(rows[0].jobs);
  return { kills, seconds, enqueued, succeeded: await succeeded(), doubled };
}

const rounds = [await round(0), await round(5)];
console.table(rounds);
save('jobs', {
  setting: `Three worker processes run ${JOBS} jobs of 5 ms each on PostgreSQL. When a worker is killed, its job goes to another worker after the lease of 10 s`,
  rounds,
});
await close();
await own.end();
await admin.query(`drop database ${name} with (force)`);
await admin.end();
process.exit(rounds.every(({ succeeded, doubled }) => succeeded === JOBS && doubled === 0) ? 0 : 1);
