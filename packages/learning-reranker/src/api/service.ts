/** The service: opens the database, the model host, the worker and the HTTP API, and closes them in order. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ConfigError, type ResolvedSettings, type Settings } from '../config/index.js';
import { openDatabase } from '../database/index.js';
import { FeedbackStore, ShownLog } from '../feedback/index.js';
import { JobQueue } from '../jobs/queue.js';
import { Schedules, startScheduler } from '../jobs/scheduler.js';
import { startWorker } from '../jobs/worker.js';
import { loadOperations } from '../operations/index.js';
import { newId } from '../records/new-id.js';
import { cloudTeacher, RerankEngine, type ServedModel } from '../serving/index.js';
import { createLog, Metrics } from '../telemetry/index.js';
import { isLoopback } from './caller-check.js';
import type { ServiceContext } from './context.js';
import { ApiKeys } from './keys.js';
import { registerRoutes } from './routes/index.js';
import { createServer } from './server.js';
import { publishAddress } from './service-address.js';
import { observeEngine, observeWorker, watchJobs } from './telemetry.js';

export interface ServiceOptions {
  readonly resolved: ResolvedSettings;
  readonly version: string;
  /** Where the configuration file lies; the current folder when absent. */
  readonly configFolder?: string;
  /** Whether it answers HTTP; a worker alone does not. */
  readonly api: boolean;
  /** Whether it works on jobs. */
  readonly worker: boolean;
  /** For one command of this process: on any free port of this machine, without a model, a log or an announcement. */
  readonly forOneCommand?: boolean;
}

export interface RunningService {
  /** Where it listens; null for a worker alone. */
  readonly url: string | null;
  readonly database: 'embedded' | 'postgresql';
  /** What answered rerank requests when it began. */
  readonly model: ServedModel | null;
  close(): Promise<void>;
}

/**
 * @throws {DatabaseError} {ConfigError} when it would be open to others without a key
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { version, forOneCommand = false } = options;
  const resolved = forOneCommand ? onThisMachineOnly(options.resolved) : options.resolved;
  const { settings } = resolved;
  const log = createLog(
    forOneCommand
      ? { level: 'silent' }
      : { level: settings.logLevel, path: settings.serviceLogPath ?? undefined },
  );
  const instance = newId();
  const metrics = new Metrics({ emitMargins: settings.emitMetrics });
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    const { databaseUrl: url, dataDir } = settings;
    const database = await openDatabase({ url, dataDir }, forOneCommand ? 'command' : 'service');
    closing.push(() => database.close());
    const { db, kind } = database;
    const keys = new ApiKeys(db);
    if (options.api) await refuseOpenWithoutKeys(settings.host, keys);
    const jobs = new JobQueue(db);
    const operations = await loadOperations();
    // Before the first job can end.
    const measureJobs = await watchJobs(db, metrics, operations);
    if (options.worker) {
      const controller = new AbortController();
      const onEvent = observeWorker(log, settings, operations);
      const worker = startWorker({
        db,
        settings,
        signal: controller.signal,
        cloudTeacher: (signal) => cloudTeacher(settings, signal),
        onEvent,
      });
      // A command waits for its own job, not for those of a night long gone.
      const scheduler = forOneCommand
        ? Promise.resolve()
        : startScheduler({ db, signal: controller.signal });
      closing.push(async () => {
        controller.abort();
        await Promise.all([worker, scheduler]);
      });
    }
    if (!options.api) return { url: null, database: kind, model: null, close };
    const engine = await RerankEngine.open({
      settings: forOneCommand ? { ...settings, backend: 'none' } : settings,
      onEvent: observeEngine(metrics, log),
      onDegraded: ({ reason, message }) => log.warn({ reason, message }, 'not reranked'),
    });
    closing.push(() => engine.close());
    // The model learned here says by itself when it is there.
    const cloud = engine.provider === 'cloud' ? engine.current() : null;
    if (cloud) metrics.live({ provider: 'cloud', model: cloud.id, loss: null });
    const feedback = new FeedbackStore(db);
    const shownLog = new ShownLog(feedback, (count, err) =>
      log.error({ count, err }, 'searches were not kept'),
    );
    closing.push(() => shownLog.close());
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
      jobs,
      operations,
      schedules: new Schedules(db),
      measureJobs,
      newId,
    };
    const app = await createServer({ context, version, routes: registerRoutes });
    closing.push(() => app.close());
    await listen(app, settings);
    const serviceUrl = addressOf(app);
    if (!forOneCommand) closing.push(await publishAddress(dataDir, { url: serviceUrl, instance }));
    log.info({ host: settings.host, database: kind, backend: settings.backend }, 'service started');
    return { url: serviceUrl, database: kind, model: engine.current(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function refuseOpenWithoutKeys(host: string, keys: ApiKeys): Promise<void> {
  if (isLoopback(host)) return;
  const inForce = (await keys.list()).filter(({ revoked }) => revoked === null);
  if (inForce.length > 0) return;
  throw new ConfigError([
    `AGRO_RERANKER_HOST is ${host}, which others can reach, and there is no key yet. Make one with: reranker keys create <name> --scope admin`,
  ]);
}

/** @throws {ConfigError} where it cannot listen as the settings say */
async function listen(app: FastifyInstance, { host, port }: Settings): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const said = problemsOfListening[(error as NodeJS.ErrnoException).code ?? ''];
    if (said === undefined) throw error;
    throw new ConfigError([
      `the service cannot listen at port ${port} of ${host}: ${said}. Choose another with --port (AGRO_RERANKER_PORT) or --host (AGRO_RERANKER_HOST).`,
    ]);
  }
}

const problemsOfListening: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already, perhaps a service of another data folder',
  EACCES: 'this user may not',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such address',
};

function onThisMachineOnly(resolved: ResolvedSettings): ResolvedSettings {
  return { ...resolved, settings: { ...resolved.settings, host: '127.0.0.1', port: 0 } };
}

/** An address that can be called from this machine: one that stands for all of them cannot. */
function addressOf(app: FastifyInstance): string {
  const { address, port, family } = app.server.address() as AddressInfo;
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
