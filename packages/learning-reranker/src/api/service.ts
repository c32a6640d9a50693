/** The service: starts the database, the worker, the model and the HTTP API, and stops them in reverse order. */
import { lossDescriptions } from '@learning-reranker/cross-encoder';
import { ConfigError, type ResolvedSettings, type Settings } from '../config/index.js';
import { openDatabase } from '../database/connection.js';
import { ShownLog } from '../feedback/shown-log.js';
import { FeedbackStore } from '../feedback/store.js';
import { JobQueue } from '../jobs/queue.js';
import { Schedules, startScheduler } from '../jobs/scheduler.js';
import { startWorker } from '../jobs/worker.js';
import { loadOperations } from '../operations/index.js';
import { newId } from '../records/new-id.js';
import type { ServedModel } from '../serving/backends/backend.js';
import { cloudTeacher } from '../serving/backends/cloud/cloud-teacher.js';
import { RerankEngine } from '../serving/engine.js';
import { createLog, type Log } from '../telemetry/log.js';
import { Metrics } from '../telemetry/metrics.js';
import { isLoopback } from './caller-check.js';
import type { ServiceContext } from './context.js';
import { dialects as allDialects, type Dialect } from './dialects/index.js';
import { ApiKeys } from './keys.js';
import { registerRoutes } from './routes/index.js';
import { createServer } from './server.js';
import { listen, publishAddress } from './service-address.js';
import { observeEngine, observeWorker, watchJobs } from './telemetry.js';

export interface ServiceOptions {
  readonly resolved: ResolvedSettings;
  readonly version: string;
  /** The folder of the configuration file; the current folder when absent. */
  readonly configFolder?: string;
  /** Whether it serves HTTP; a worker alone does not. */
  readonly api: boolean;
  /** Whether it runs jobs. */
  readonly worker: boolean;
  /** Serves one command of this process: on any free port of this machine, without a model, log or published address. */
  readonly forOneCommand?: boolean;
  /** The rerank dialects that it serves; all when absent. */
  readonly dialects?: readonly Dialect[];
}

export interface RunningService {
  /** The URL of the API; null for a worker alone. */
  readonly url: string | null;
  readonly database: 'embedded' | 'postgresql';
  /** The model that was live at the start. */
  readonly model: ServedModel | null;
  close(): Promise<void>;
}

/**
 * Starts the service. If a part fails to start, those before it are stopped.
 * @throws {DatabaseError}
 * @throws {ConfigError} if others could reach it without a key, or it cannot listen at its address
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const closing: Closing = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    return { ...(await startParts(options, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What stops the parts that run, the first one last. */
type Closing = (() => Promise<void>)[];

async function startParts(
  options: ServiceOptions,
  closing: Closing,
): Promise<Omit<RunningService, 'close'>> {
  const { version, forOneCommand = false, dialects = allDialects } = options;
  const resolved = forOneCommand ? onThisMachineOnly(options.resolved) : options.resolved;
  const { settings } = resolved;
  const log = createLog(
    forOneCommand
      ? { level: 'silent' }
      : { level: settings.logLevel, path: settings.serviceLogPath ?? undefined },
  );
  const operations = await loadOperations();
  const metrics = new Metrics({
    emitMargins: settings.emitMetrics,
    dialects: dialects.map(({ name }) => name),
    operations: [...operations.keys()],
    losses: lossDescriptions.map(({ name }) => name),
  });
  const { databaseUrl, dataDir } = settings;
  const database = await openDatabase(
    { url: databaseUrl, dataDir },
    forOneCommand ? 'command' : 'service',
  );
  closing.push(() => database.close());
  const { db, kind } = database;
  const keys = new ApiKeys(db);
  if (options.api) await refuseOpenWithoutKeys(settings.host, keys);
  // Before the worker starts, so that the first job counts.
  const measureJobs = await watchJobs(db, metrics, operations);
  if (options.worker) {
    closing.push(startJobs({ db, settings, log, operations, isScheduled: !forOneCommand }));
  }
  if (!options.api) return { url: null, database: kind, model: null };

  const engine = await openEngine(
    forOneCommand ? { ...settings, backend: 'none' } : settings,
    metrics,
    log,
  );
  closing.push(() => engine.close());
  const feedback = new FeedbackStore(db);
  const shownLog = new ShownLog(feedback, (count, err) =>
    log.error({ count, err }, 'searches were not logged'),
  );
  closing.push(() => shownLog.close());
  const instance = newId();
  const context: ServiceContext = {
    version,
    instance,
    resolved,
    settings,
    configFolder: options.configFolder ?? process.cwd(),
    db,
    log,
    metrics,
    keys,
    engine,
    feedback,
    shownLog,
    jobs: new JobQueue(db),
    operations,
    schedules: new Schedules(db),
    measureJobs,
    newId,
  };
  const app = await createServer({ context, version, dialects, routes: registerRoutes });
  closing.push(() => app.close());
  const url = await listen(app, settings);
  if (!forOneCommand) closing.push(await publishAddress(dataDir, { url, instance }));
  log.info({ host: settings.host, database: kind, backend: settings.backend }, 'service started');
  return { url, database: kind, model: engine.current() };
}

/** Starts the worker, and the scheduler unless the service serves one command. Returns what stops them. */
function startJobs({
  db,
  settings,
  log,
  operations,
  isScheduled,
}: Pick<ServiceContext, 'db' | 'settings' | 'log' | 'operations'> & {
  readonly isScheduled: boolean;
}) {
  const controller = new AbortController();
  const { signal } = controller;
  const worker = startWorker({
    db,
    settings,
    signal,
    cloudTeacher: (stop) => cloudTeacher(settings, stop),
    onEvent: observeWorker(log, settings, operations),
  });
  const scheduler = isScheduled ? startScheduler({ db, signal }) : Promise.resolve();
  return async () => {
    controller.abort();
    await Promise.all([worker, scheduler]);
  };
}

async function openEngine(settings: Settings, metrics: Metrics, log: Log): Promise<RerankEngine> {
  const engine = await RerankEngine.open({
    settings,
    onEvent: observeEngine(metrics, log),
    onDegraded: ({ reason, message }) => log.warn({ reason, message }, 'not reranked'),
  });
  // A local model reports itself when it is loaded.
  const cloud = engine.provider === 'cloud' ? engine.current() : null;
  if (cloud) metrics.live({ provider: 'cloud', model: cloud.id, loss: null });
  return engine;
}

async function refuseOpenWithoutKeys(host: string, keys: ApiKeys): Promise<void> {
  if (isLoopback(host)) return;
  if ((await keys.list()).some(({ revoked }) => revoked === null)) return;
  throw new ConfigError([
    `AGRO_RERANKER_HOST is ${host}, which others can reach, and there is no API key yet. To create one, run: reranker keys create <name> --scope admin`,
  ]);
}

function onThisMachineOnly(resolved: ResolvedSettings): ResolvedSettings {
  return { ...resolved, settings: { ...resolved.settings, host: '127.0.0.1', port: 0 } };
}
