import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { observeEngine, observeWorker } from '../../src/api/telemetry.js';
import { resolveSettings } from '../../src/config/index.js';
import { openDatabase } from '../../src/database/connection.js';
import type { Job } from '../../src/jobs/queue.js';
import type { WorkerEvent } from '../../src/jobs/worker.js';
import { loadOperations } from '../../src/operations/index.js';
import { createLog } from '../../src/telemetry/log.js';
import { newMetrics } from './new-metrics.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function lines(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const operations = await loadOperations();

test.each([
  ['train', { loss: 'bce' }, 'BinaryCrossEntropyLoss'],
  ['train', {}, 'MultipleNegativesRankingLoss'],
  ['cycle', { train: { loss: 'softmax' } }, 'CrossEntropyLoss'],
  ['demo', { loss: 'margin-mse' }, 'MarginMSELoss'],
] as const)('every line about a training names its loss: %s %j', async (kind, request, loss) => {
  const path = join(folder, 'log');
  const { settings } = resolveSettings({ file: { loss: 'mnr' } });
  const observe = observeWorker(createLog({ level: 'debug', path }), settings, operations);
  const job = { id: 'j', kind, request, attempts: 1 } as unknown as Job;
  const said = (event: string, data: Record<string, unknown>): WorkerEvent => ({
    type: 'event',
    job,
    event,
    data,
  });
  for (const event of [
    { type: 'started', job },
    said('dataset', { loss, dataset: 'd', rows: 3, labels: {} }),
    said('step', { loss_name: loss, type: 'step', step: 1, totalSteps: 2, loss: 0.5 }),
    said('evaluation', { loss_name: loss, step: 1, metrics: {}, best: true }),
    said('checkpoint', { loss_name: loss, step: 1, path: '/somewhere' }),
    said('end', { loss_name: loss, step: 2, reason: 'completed', seconds: 1 }),
    { type: 'retried', job },
    { type: 'ended', job, outcome: 'failed', error: new Error('x') },
    { type: 'ended', job, outcome: 'succeeded' },
  ] satisfies WorkerEvent[]) {
    observe(event);
  }
  const all = await lines(path);
  expect(all).toHaveLength(9);
  for (const line of all) expect(line, JSON.stringify(line)).toMatchObject({ loss });
});

test('a change of the setting during a training does not change its loss in the log', async () => {
  const path = join(folder, 'log');
  const { settings } = resolveSettings({});
  const change = (loss: string) => Object.assign(settings, { loss });
  const observe = observeWorker(createLog({ path }), settings, operations);
  const train = { id: 'a', kind: 'train', request: {}, attempts: 1 } as unknown as Job;
  observe({ type: 'started', job: train });
  change('bce');
  observe({ type: 'ended', job: train, outcome: 'succeeded' });
  const cycle = { ...train, id: 'b', kind: 'cycle' } as Job;
  observe({ type: 'started', job: cycle });
  change('softmax');
  const dataset = { loss: 'CrossEntropyLoss', dataset: 'd', rows: 3, labels: {} };
  observe({ type: 'event', job: cycle, event: 'dataset', data: dataset });
  change('bce');
  observe({ type: 'ended', job: cycle, outcome: 'succeeded' });
  expect((await lines(path)).map(({ job, msg, loss }) => [job, msg, loss])).toEqual([
    ['a', 'job started', 'CrossEntropyLoss'],
    ['a', 'job ended', 'CrossEntropyLoss'],
    ['b', 'job started', 'BinaryCrossEntropyLoss'],
    ['b', 'training begins', 'CrossEntropyLoss'],
    ['b', 'job ended', 'CrossEntropyLoss'],
  ]);
});

test('a model that cannot be loaded is logged with its name and loss', async () => {
  const path = join(folder, 'log');
  const observe = observeEngine(newMetrics(), createLog({ path }));
  const model = { id: 'm', loss: 'BinaryCrossEntropyLoss', runId: 'm', blendAlpha: null };
  const error = new Error('damaged');
  observe({ type: 'reload-failed', name: 'live', model, error });
  observe({ type: 'reload-failed', name: 'live', model: null, error });
  expect(await lines(path)).toMatchObject([
    { model: 'm', loss: 'BinaryCrossEntropyLoss' },
    { model: 'live', loss: null },
  ]);
});

test('a file that cannot be written is refused at once, with the setting to change', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const path of [folder, join(folder, 'file', 'log')]) {
    expect(() => createLog({ path })).toThrow(/AGRO_RERANKER_SERVICE_LOG.*Set another file/);
  }
});

test('a level leaves out lower levels', async () => {
  const path = join(folder, 'log');
  const log = createLog({ level: 'warn', path });
  log.info('planted');
  log.warn('kept');
  expect((await lines(path)).map(({ msg }) => msg)).toEqual(['kept']);
});

test('an error that quotes text of users is logged without it', async () => {
  const path = join(folder, 'log');
  const log = createLog({ level: 'debug', path });
  const words = 'planted "words" of somebody';
  const database = await openDatabase({ url: null, dataDir: null });
  const failing = [
    async () => JSON.parse(words),
    async () => JSON.parse(`{"a": ${words}}`),
    () => sql`select ${words}::text::timestamptz`.execute(database.db),
    () => sql`select ${words}::text::jsonb`.execute(database.db),
    () => sql`select ${words}::text::int`.execute(database.db),
    () =>
      database.db
        .insertInto('searches')
        .values({ event_id: words } as never)
        .execute(),
  ];
  for (const fail of failing) {
    await fail().then(
      () => expect.unreachable(),
      (err: unknown) => log.error({ err }, 'failed'),
    );
  }
  await database.close();
  const all = await lines(path);
  expect(all).toHaveLength(failing.length);
  expect(JSON.stringify(all)).not.toMatch(/planted|somebody/);
  for (const { err } of all) expect(err).toMatchObject({ stack: expect.stringMatching(/^\s+at /) });
});
