import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolveSettings } from '../../src/config/index.js';
import { type OpenDatabase, openDatabase } from '../../src/database/connection.js';
import { JobQueue } from '../../src/jobs/queue.js';
import { startWorker, type WorkerEvent } from '../../src/jobs/worker.js';
import { cycle } from '../../src/operations/cycle.js';
import type {
  Operation,
  OperationContext,
  OperationProgress,
} from '../../src/operations/operation.js';
import { promote as promoteOperation } from '../../src/operations/promote.js';
import { train } from '../../src/operations/train.js';
import { promote, readHistory, rollback } from '../../src/registry/index.js';
import { takeTrainingLock } from '../../src/training/training-lock.js';
import { makeModel } from '../registry/model-folder.js';
import { type TinyProject, tinyProject } from '../training/tiny-project.js';

/** More than a busy machine needs for a training of a few steps. */
const WAIT_MS = 300_000;

let database: OpenDatabase;
let project: TinyProject;
beforeEach(async () => {
  project = await tinyProject();
  database = await openDatabase({ url: null, dataDir: null });
  vi.stubEnv('AGRO_RERANKER_STARTER', project.starter);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await database.close();
  await project.remove();
});

/** As a worker gives it; what is said is kept, progress is told to `onProgress`. */
function contextOf(
  jobId: string,
  onProgress: (now: OperationProgress) => void = () => undefined,
): OperationContext {
  return {
    database: () => database.db,
    settings: resolveSettings({
      file: { dataDir: project.dataDir, trainMaxLength: 32, trainBatch: 8 },
    }).settings,
    lastEvent: (type) => new JobQueue(database.db).lastEvent(jobId, type),
    signal: new AbortController().signal,
    cloudTeacher: null,
    progress: onProgress,
    checkpoint: () => undefined,
    event: (type, data) => new JobQueue(database.db).addEvent(jobId, type, data),
  };
}

/** Runs an operation as a worker does: the request is checked by its schema first. */
function runOf(operation: Operation, request: object, context: OperationContext) {
  return operation.run(operation.schema.parse(request), context) as Promise<
    Record<string, unknown> & { report: unknown }
  >;
}

test('a cycle that continues after its worker ended does not mine again', async () => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('cycle', {});
  await queue.addEvent(id, 'mined', { source: 'feedback', records: 7 });
  const seen: OperationProgress[] = [];
  const context = contextOf(id, (now) => void seen.push(now));
  const dataset = project.dataset.manifest.hash;
  // Nobody searched or clicked here: mining would find nothing.
  const result = await runOf(cycle, { train: { loss: 'bce', dataset, max_steps: 4 } }, context);
  expect(result).toMatchObject({ mined: { records: 7 } });
  expect(result.report).toMatchObject({ loss: 'BinaryCrossEntropyLoss', against: 'starter' });
  const shares = seen.flatMap(({ share }) => share ?? []);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares[0]).toBeGreaterThanOrEqual(0.1);
});

test('a training keeps and reports its loss when the setting changes meanwhile', async () => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('train', {});
  const context = contextOf(id);
  const settings = { ...context.settings, loss: 'bce' };
  const request = { dataset: project.dataset.manifest.hash, max_steps: 4 };
  const trainOnce = () =>
    runOf(train, request, {
      ...context,
      settings,
      event: (type, data) => {
        if (type === 'prepared') settings.loss = 'mnr';
        return context.event(type, data);
      },
    });
  const result = await trainOnce();
  expect(settings.loss).toBe('mnr');
  expect(result).toMatchObject({ loss: 'BinaryCrossEntropyLoss' });
  const steps = (await queue.events(id)).filter(({ type }) => type === 'step');
  expect(new Set(steps.map(({ data }) => data.loss_name))).toEqual(
    new Set(['BinaryCrossEntropyLoss']),
  );
  // Taken up again by another worker, whose setting is the new one from the start.
  expect(await trainOnce()).toEqual(result);
});

test('a cycle that waits for another training prepares nothing and records its stage once', async () => {
  const queue = new JobQueue(database.db);
  const release = await takeTrainingLock(project.dataDir);
  try {
    const { id } = await queue.enqueue('cycle', {});
    await queue.addEvent(id, 'mined', { source: 'feedback', records: 7 });
    const seen: OperationProgress[] = [];
    const context = contextOf(id, (now) => void seen.push(now));
    const train = { loss: 'bce', dataset: project.dataset.manifest.hash };
    for (let time = 0; time < 2; time++) {
      await expect(runOf(cycle, { train }, context)).rejects.toThrow(/[Aa]nother training/);
    }
    const said = (await queue.events(id)).map(({ type, data }) => data.stage ?? type);
    expect(said).toEqual(['mined', 'train']);
    expect(seen.map(({ message }) => message)).not.toContain('making the dataset');
  } finally {
    await release();
  }
});

test('a worker reports once that a job waits for another training, and the job shows it', async () => {
  const queue = new JobQueue(database.db);
  const release = await takeTrainingLock(project.dataDir);
  const dataset = project.dataset.manifest.hash;
  const { id } = await queue.enqueue('train', { loss: 'bce', dataset, max_steps: 4 });
  const controller = new AbortController();
  const told: WorkerEvent['type'][] = [];
  const { settings, signal } = { ...contextOf(id), signal: controller.signal };
  const worker = startWorker({
    db: database.db,
    settings,
    signal,
    onEvent: ({ type }) => told.push(type),
  });
  try {
    await vi.waitFor(async () => expect(told).toContain('postponed'), WAIT_MS);
    // As if its wait had ended, again and again.
    for (let time = 0; time < 3; time++) {
      const before = (await queue.get(id))?.lease_until;
      await database.db.updateTable('jobs').set({ lease_until: null }).execute();
      await vi.waitFor(async () => {
        const job = await queue.get(id);
        expect(job).toMatchObject({ status: 'queued', attempts: 0 });
        expect(job?.lease_until?.getTime()).toBeGreaterThan(before?.getTime() ?? 0);
      }, WAIT_MS);
      expect((await queue.get(id))?.message).toBe('waiting for another training to end');
    }
    expect(told).toEqual(['started', 'postponed']);
    expect(await queue.events(id)).toEqual([]);
    await release();
    await database.db.updateTable('jobs').set({ lease_until: null }).execute();
    await vi.waitFor(() => expect(told).toContain('ended'), WAIT_MS);
    expect((await queue.get(id))?.status).toBe('succeeded');
  } finally {
    controller.abort();
    await worker;
    await release();
  }
});

test.each([
  ['57P01', 'terminating connection due to administrator command'],
  [undefined, 'Connection terminated unexpectedly'],
])('a job interrupted by a restart of PostgreSQL (%s) is tried again', async (code, message) => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('mine', {});
  const leaving: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (JSON.stringify(node).includes('"searches"')) {
        throw Object.assign(new Error(message), code !== undefined && { code });
      }
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const controller = new AbortController();
  const told: WorkerEvent['type'][] = [];
  const worker = startWorker({
    db: database.db.withPlugin(leaving),
    settings: contextOf(id).settings,
    signal: controller.signal,
    onEvent: ({ type }) => {
      told.push(type);
      // Before it takes the job up again.
      if (type === 'retried') controller.abort();
    },
  });
  try {
    await worker;
    expect(told).toEqual(['started', 'event', 'retried']);
    expect(await queue.get(id)).toMatchObject({ status: 'queued', error: message });
  } finally {
    controller.abort();
    await worker;
  }
});

test('a promotion whose worker was killed after the model went live ends as promoted', async () => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('promote', {});
  const model = '20260102T030405Z-softmax';
  const { dataDir } = project;
  await makeModel(dataDir, model);
  const decision = { promoted: true, reason: 'better: NDCG@10 +0.0500' };
  await queue.addEvent(id, 'evaluation', { model, against: 'starter', decision });
  const { reason } = decision;
  await promote(dataDir, model, { reason, over: 'starter' });
  expect(await runOf(promoteOperation, { model }, contextOf(id))).toMatchObject({
    promoted: true,
    from: 'starter',
    to: model,
    reason,
  });
  expect(await readHistory(dataDir)).toHaveLength(1);
  // Of another's promotion it stays a refusal.
  await rollback(dataDir);
  await promote(dataDir, model, { reason: 'asked for', forced: true });
  await expect(runOf(promoteOperation, { model }, contextOf(id))).rejects.toThrow(
    /is live already/,
  );
});
