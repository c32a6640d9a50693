import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenDatabase, openDatabase } from '../../src/database/connection.js';
import { JobQueue } from '../../src/jobs/queue.js';
import { modelsFolder } from '../../src/registry/index.js';
import { hasPostgresql, newDatabase } from '../database/databases.js';
import { type TinyProject, tinyProject } from '../training/tiny-project.js';

const script = fileURLToPath(new URL('worker-process.mjs', import.meta.url));

const STEPS = 1500;

describe.skipIf(!hasPostgresql)('a worker that is killed during a training', () => {
  let location: Awaited<ReturnType<typeof newDatabase>>;
  let database: OpenDatabase;
  let project: TinyProject;
  const workers: ChildProcess[] = [];
  beforeEach(async () => {
    location = await newDatabase('postgresql');
    database = await openDatabase(location);
    project = await tinyProject();
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL');
    await database.close();
    await location.remove();
    await project.remove();
  });

  function start(): ChildProcess {
    const worker = spawn(process.execPath, [script, location.url ?? '', project.dataDir], {
      stdio: 'inherit',
      env: { ...process.env, AGRO_RERANKER_STARTER: project.starter },
    });
    workers.push(worker);
    return worker;
  }

  const request = () => ({
    loss: 'bce',
    base: 'starter',
    dataset: project.dataset.manifest.hash,
    max_steps: STEPS,
  });
  const weights = async (model: unknown) =>
    (
      await readFile(join(modelsFolder(project.dataDir), String(model), 'model.safetensors'))
    ).toString('base64');

  /** The step of the newest checkpoint that a training has kept; 0 while there is none. */
  const newestCheckpoint = async () => {
    const runs = join(project.dataDir, 'runs');
    const checkpointsOf = (run: string) => readdir(join(runs, run, 'checkpoints')).catch(() => []);
    const names = (await Promise.all((await readdir(runs)).map(checkpointsOf))).flat();
    return Math.max(0, ...names.map((name) => Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? 0)));
  };

  test('is replaced by another, which ends with the weights of an undisturbed training', async () => {
    const queue = new JobQueue(database.db);
    const ended = async (id: string) => {
      for (;;) {
        const job = await queue.get(id);
        if (job?.finished) return job;
        await sleep(100);
      }
    };
    start();
    const whole = await ended((await queue.enqueue('train', request())).id);
    expect(whole).toMatchObject({ status: 'succeeded', attempts: 1 });
    expect(whole.result?.steps).toBe(STEPS);

    const { id } = await queue.enqueue('train', request());
    // A checkpoint is written at every fifth: each kill comes after one more of them.
    for (let kills = 0, saved = 0; kills < 4; kills++) {
      const before = saved;
      while ((await queue.get(id))?.attempts !== kills + 1 || saved <= before) {
        await sleep(20);
        saved = await newestCheckpoint();
      }
      const [victim] = workers.splice(0, 1);
      victim?.kill('SIGKILL');
      await once(victim as ChildProcess, 'exit');
      // What it held is given again when its lease is over; here at once.
      await sql`update jobs set lease_until = now() where status = 'running'`.execute(database.db);
      start();
    }
    const resumed = await ended(id);
    expect(resumed).toMatchObject({ status: 'succeeded', attempts: 5 });
    expect(
      (await queue.events(id)).map(({ type, data }) => (type === 'note' ? data.text : '')),
    ).toContain(`continuing training ${resumed.result?.model}`);
    expect(resumed.result?.steps).toBe(STEPS);
    expect(await weights(resumed.result?.model)).toBe(await weights(whole.result?.model));
  });
});
