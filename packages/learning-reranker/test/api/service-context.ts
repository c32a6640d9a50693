/** What routes work with, on a new embedded database and without a model: for servers that need no whole service. */

import type { ServiceContext } from '../../src/api/context.js';
import { ApiKeys } from '../../src/api/keys.js';
import { resolveSettings } from '../../src/config/index.js';
import { openDatabase } from '../../src/database/connection.js';
import { ShownLog } from '../../src/feedback/shown-log.js';
import { FeedbackStore } from '../../src/feedback/store.js';
import { JobQueue } from '../../src/jobs/queue.js';
import { Schedules } from '../../src/jobs/scheduler.js';
import { loadOperations } from '../../src/operations/index.js';
import { newId } from '../../src/records/new-id.js';
import { RerankEngine } from '../../src/serving/engine.js';
import { createLog } from '../../src/telemetry/log.js';
import { newDatabase } from '../database/databases.js';
import { newMetrics } from '../telemetry/new-metrics.js';

export async function openContext(
  file: Record<string, unknown> = {},
): Promise<ServiceContext & { close(): Promise<void> }> {
  const location = await newDatabase('embedded');
  const database = await openDatabase(location);
  const { db } = database;
  const resolved = resolveSettings({
    file: { dataDir: location.dataDir, backend: 'none', ...file },
  });
  const { settings } = resolved;
  const feedback = new FeedbackStore(db);
  return {
    version: 'test',
    instance: 'test',
    resolved,
    settings,
    configFolder: location.dataDir ?? '',
    db,
    log: createLog({ level: 'silent' }),
    metrics: newMetrics(),
    keys: new ApiKeys(db),
    engine: await RerankEngine.open({ settings }),
    feedback,
    shownLog: new ShownLog(feedback, () => undefined),
    operations: await loadOperations(),
    jobs: new JobQueue(db),
    schedules: new Schedules(db),
    measureJobs: async () => undefined,
    newId,
    close: async () => {
      await database.close();
      await location.remove();
    },
  };
}
