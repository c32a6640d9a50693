import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { resolveSettings } from '../../src/config/index.js';
import { type OpenDatabase, openDatabase } from '../../src/database/index.js';
import { JobQueue } from '../../src/runs/index.js';
import { jobs } from '../../src/runs/jobs/index.js';
import type { JobContext, JobProgress } from '../../src/runs/jobs/job.js';
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

test('a cycle that another worker left in its training does not mine again', async () => {
  const queue = new JobQueue(database.db);
  const { id } = await queue.enqueue('cycle', {});
  await queue.addEvent(id, 'mined', { source: 'feedback', records: 7 });
  const seen: JobProgress[] = [];
  const context: JobContext = {
    db: database.db,
    settings: resolveSettings({
      file: { dataDir: project.dataDir, trainMaxLength: 32, trainBatch: 8 },
    }).settings,
    jobId: id,
    signal: new AbortController().signal,
    cloudTeacher: null,
    progress: (now) => void seen.push(now),
    kept: () => undefined,
    say: (type, data) => queue.addEvent(id, type, data),
  };
  const dataset = project.dataset.manifest.hash;
  // Nobody searched or clicked here: mining would find nothing.
  const result = await jobs.cycle.run({ train: { loss: 'bce', dataset, max_steps: 4 } }, context);
  expect(result).toMatchObject({ mined: { records: 7 } });
  expect(result.report).toMatchObject({ loss: 'BinaryCrossEntropyLoss', against: 'starter' });
  const shares = seen.flatMap(({ share }) => share ?? []);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares[0]).toBeGreaterThanOrEqual(0.1);
});
