import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastEvaluation } from '../../src/api/last-evaluation.js';
import { resolveSettings } from '../../src/config/index.js';
import type { Job, JobQueue } from '../../src/jobs/queue.js';
import { updateManifest } from '../../src/registry/index.js';
import { makeModel } from '../registry/model-folder.js';

const A = '20260102T030405Z-softmax';
const B = '20260103T030405Z-bce';
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'last-evaluation-'));
  for (const id of [A, B]) await makeModel(dataDir, id);
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const systemsOf = (system: string) => [
  { system, n: 40, metrics: { 'MRR@10': { mean: 0.5, lower: 0.4, upper: 0.6 } } },
];

/** As a command writes it that no service does, and a job a moment before its end. */
const record = (id: string, hash: string, time?: string) =>
  updateManifest(join(dataDir, 'models', id), {
    blendAlpha: null,
    evaluation: {
      hash,
      split: 'test',
      ...(time !== undefined && { time }),
      systems: systemsOf(id),
    },
  });

/** The last evaluation where one job ended that evaluated a model, or none did. */
function last(job?: { readonly model: string; readonly finished: string }) {
  const result = {
    model: job?.model,
    loss: null,
    evaluation: 'of-job',
    systems: systemsOf(`${job?.model}`),
  };
  const ended = {
    kind: 'evaluate',
    result,
    finished: new Date(job?.finished ?? 0),
  } as unknown as Job;
  const list: JobQueue['list'] = async ({ kind } = {}) =>
    job && kind === 'evaluate' ? [ended] : [];
  const { settings } = resolveSettings({ file: { dataDir } });
  return lastEvaluation({ jobs: { list } as JobQueue, settings });
}

test('is that of a command if it is newer than the last job’s', async () => {
  await record(A, 'of-command', '2026-02-02T12:00:00.000Z');
  const later = { model: B, finished: '2026-02-02T12:00:01.000Z' };
  expect(await last(later)).toMatchObject({ evaluation: 'of-job', model: B });
  const earlier = { model: B, finished: '2026-02-02T11:00:00.000Z' };
  expect(await last(earlier)).toMatchObject({
    evaluation: 'of-command',
    model: A,
    timestamp: '2026-02-02T12:00:00.000Z',
    report: null,
  });
});

test('is the last in a manifest if no job evaluated; without times, that of the newest model', async () => {
  expect(await last()).toBeNull();
  await record(A, 'first');
  await record(B, 'second');
  expect(await last()).toMatchObject({ model: B, timestamp: null });
  await record(A, 'third', '2026-02-02T12:00:00.000Z');
  expect(await last()).toMatchObject({ model: A, evaluation: 'third' });
});
