import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolveSettings } from '../../src/config/index.js';
import { type OpenDatabase, openDatabase } from '../../src/database/index.js';
import { JobQueue } from '../../src/runs/index.js';
import { jobs } from '../../src/runs/jobs/index.js';
import type { JobContext, JobProgress } from '../../src/runs/jobs/job.js';
import { takeTrainingLock } from '../../src/runs/lock.js';
import { type TinyProject, tinyProject } from './tiny-project.js';

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
  onProgress: (now: JobProgress) => void = () => undefined,
): JobContext {
  return {
    db: database.db,
    settings: resolveSettings({
      file: { dataDir: project.dataDir, trainMaxLength: 32, trainBatch: 8 },
    }).settings,
    jobId,
    signal: new AbortController().signal,
    cloudTeacher: null,
    progress: onProgress,
    kept: () => undefined,
    say: (type, data) => new JobQueue(database.db).addEvent(jobId, type, data),
  };
}

test('a cycle that another worker left in its training does not mine again', async () => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('cycle', {});
  await queue.addEvent(id, 'mined', { source: 'feedback', records: 7 });
  const seen: JobProgress[] = [];
  const context = contextOf(id, (now) => void seen.push(now));
  const dataset = project.dataset.manifest.hash;
  // Nobody searched or clicked here: mining would find nothing.
  const result = await jobs.cycle.run({ train: { loss: 'bce', dataset, max_steps: 4 } }, context);
  expect(result).toMatchObject({ mined: { records: 7 } });
  expect(result.report).toMatchObject({ loss: 'BinaryCrossEntropyLoss', against: 'starter' });
  const shares = seen.flatMap(({ share }) => share ?? []);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares[0]).toBeGreaterThanOrEqual(0.1);
});

test('what waits for another training says and prepares nothing, however often it is taken up', async () => {
  const queue = new JobQueue(database.db);
  const release = await takeTrainingLock(project.dataDir);
  try {
    const { id } = await queue.enqueue('cycle', {});
    await queue.addEvent(id, 'mined', { source: 'feedback', records: 7 });
    const seen: JobProgress[] = [];
    const context = contextOf(id, (now) => void seen.push(now));
    const train = { loss: 'bce', dataset: project.dataset.manifest.hash };
    for (let time = 0; time < 2; time++) {
      await expect(jobs.cycle.run({ train }, context)).rejects.toThrow(/another training run/);
    }
    const said = (await queue.events(id)).map(({ type, data }) => data.stage ?? type);
    expect(said).toEqual(['mined', 'train']);
    expect(seen.map(({ message }) => message)).not.toContain('makes the dataset');
  } finally {
    await release();
  }
});
