/** What the routes work with: the rooms below, opened once. */
import type { Kysely } from 'kysely';
import type { ResolvedSettings, Settings } from '../config/index.js';
import type { Database } from '../database/index.js';
import type { FeedbackStore, ShownLog } from '../feedback/index.js';
import type { JobQueue } from '../jobs/queue.js';
import type { Schedules } from '../jobs/scheduler.js';
import type { LoadedOperations } from '../operations/index.js';
import type { RerankEngine } from '../serving/index.js';
import type { Log, Metrics } from '../telemetry/index.js';
import type { ApiKeys } from './keys.js';

export interface ServiceContext {
  readonly version: string;
  /** Which start of a service this is. */
  readonly instance: string;
  readonly resolved: ResolvedSettings;
  readonly settings: Settings;
  /** Where the configuration file lies. */
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
  /** Takes what jobs said since into the metrics. */
  measureJobs(): Promise<void>;
  newId(): string;
}
