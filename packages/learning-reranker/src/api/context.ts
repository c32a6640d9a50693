/** What the routes work with; the service opens it once. */
import type { Kysely } from 'kysely';
import type { ResolvedSettings, Settings } from '../config/index.js';
import type { Database } from '../database/schema.js';
import type { ShownLog } from '../feedback/shown-log.js';
import type { FeedbackStore } from '../feedback/store.js';
import type { JobQueue } from '../jobs/queue.js';
import type { Schedules } from '../jobs/scheduler.js';
import type { LoadedOperations } from '../operations/index.js';
import type { RerankEngine } from '../serving/engine.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { ApiKeys } from './keys.js';

export interface ServiceContext {
  readonly version: string;
  /** Identifies this start of the service. */
  readonly instance: string;
  readonly resolved: ResolvedSettings;
  readonly settings: Settings;
  /** The folder of the configuration file. */
  readonly configFolder: string;
  readonly db: Kysely<Database>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly keys: ApiKeys;
  readonly engine: RerankEngine;
  readonly feedback: FeedbackStore;
  readonly shownLog: ShownLog;
  readonly jobs: JobQueue;
  readonly operations: LoadedOperations;
  readonly schedules: Schedules;
  /** Adds the events of jobs since the last call to the metrics. */
  measureJobs(): Promise<void>;
  newId(): string;
}
