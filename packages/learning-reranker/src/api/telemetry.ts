/** Turns events of the engine and of jobs into metrics and log lines. Every line about a model names its loss. */
import type { Kysely } from 'kysely';
import type { Settings } from '../config/index.js';
import type { Database } from '../database/schema.js';
import { JobEventReader, type LoggedEvent } from '../jobs/job-events.js';
import type { Job } from '../jobs/queue.js';
import type { WorkerEvent } from '../jobs/worker.js';
import type { EvaluationReport } from '../operations/evaluate.js';
import type { LoadedOperations } from '../operations/index.js';
import type { ModelEvent } from '../serving/backends/backend.js';
import type { Log } from '../telemetry/log.js';
import type { Metrics } from '../telemetry/metrics.js';

export function observeEngine(metrics: Metrics, log: Log): (event: ModelEvent) => void {
  return (event) => {
    if (event.type === 'loaded') {
      const { id: model, loss } = event.model;
      metrics.live({ provider: 'local-learning', model, loss });
      metrics.reload('swapped');
      log.info({ model, loss, seconds: Number(event.seconds.toFixed(3)) }, 'model is live');
    } else if (event.type === 'reload-failed') {
      metrics.reload('failed');
      const { name, model, error } = event;
      const fields = { model: model?.id ?? name, loss: model?.loss ?? null, err: error };
      log.error(fields, 'model could not be loaded');
    } else {
      const { id: model, loss } = event.model;
      log.error({ model, loss, err: event.error }, 'model host ended');
    }
  };
}

/** Logs what the worker of this process does. Metrics cover all workers, so they come from the database. */
export function observeWorker(
  log: Log,
  settings: Settings,
  operations: LoadedOperations,
): (event: WorkerEvent) => void {
  // The loss is kept, because the setting may change while the job runs.
  let current: { readonly job: string; readonly loss: string | null } | null = null;
  return (event) => {
    if (event.type === 'waiting') {
      log.warn({ err: event.error }, 'the database does not respond to the worker');
      return;
    }
    const { job } = event;
    if (event.type === 'started' || current?.job !== job.id) {
      current = { job: job.id, loss: lossOf(job, settings, operations) };
    }
    if (event.type === 'event') {
      const reported = reportedLoss(event.event, event.data);
      if (reported !== null) current = { job: job.id, loss: reported };
    }
    const { loss } = current;
    const base = { job: job.id, kind: job.kind, ...(loss !== null && { loss }) };
    if (event.type === 'event') logJob(log, base, event.event, event.data);
    else if (event.type === 'ended') {
      const { outcome, error } = event;
      const fields = { ...base, outcome, ...(error ? { err: error } : {}) };
      if (outcome === 'failed') log.error(fields, 'job failed');
      else log.info(fields, 'job ended');
    } else log.info({ ...base, attempt: job.attempts }, `job ${event.type}`);
  };
}

/** The SBERT name of the loss that a job trains with; null if it trains nothing. */
function lossOf(
  { kind, request }: Job,
  settings: Settings,
  operations: LoadedOperations,
): string | null {
  const operation = operations.get(kind)?.operation;
  const parsed = operation?.schema.safeParse(request);
  return parsed?.success ? (operation?.lossOf?.(parsed.data, settings) ?? null) : null;
}

/** The loss that the training itself reports. A cycle looks it up after mining, not when the job starts. */
function reportedLoss(type: string, data: Readonly<Record<string, unknown>>): string | null {
  const loss = type === 'dataset' ? data.loss : data.loss_name;
  return typeof loss === 'string' ? loss : null;
}

function logJob(
  log: Log,
  base: { readonly job: string; readonly kind: string; readonly loss?: string },
  type: string,
  data: Readonly<Record<string, unknown>>,
): void {
  if (type === 'step') {
    const { step, totalSteps, loss: value, etaSeconds } = data;
    log.debug({ ...base, step, totalSteps, value, etaSeconds }, 'training step');
  } else if (type === 'dataset') {
    const { loss, dataset, rows, labels } = data;
    log.info({ ...base, loss, dataset, rows, labels }, 'training begins');
  } else if (type === 'checkpoint') {
    log.debug({ ...base, step: data.step }, 'training checkpoint');
  } else if (type === 'end') {
    const { step, reason, seconds } = data;
    log.info({ ...base, step, reason, seconds }, 'training ended');
  } else if (type === 'mined') {
    log.info({ ...base, source: data.source, records: data.records }, 'mined');
  } else if (isReport(data)) {
    const { model, loss, split } = data;
    log.info({ ...base, model, loss, split, metrics: meansOf(data) }, 'evaluated');
  } else if (type === 'evaluation') {
    const { step, metrics, best } = data;
    log.info({ ...base, step, metrics, best }, 'training evaluated');
  }
}

/** The types of events that metrics are made from. */
const measuredEvents = ['step', 'dataset', 'mined', 'evaluation', 'ended'] as const;

/**
 * Adds the recent events of all workers' jobs to the metrics. Each call of the returned function adds the events since.
 * The service calls this at its start, so that jobs that end before the first request for metrics count too.
 */
export async function watchJobs(
  db: Kysely<Database>,
  metrics: Metrics,
  operations: LoadedOperations,
): Promise<() => Promise<void>> {
  const reader = new JobEventReader(db, measuredEvents);
  const measure = async () => measureJobs(metrics, operations, await reader.read());
  await measure();
  return measure;
}

/** Old events set gauges and do not increase counters. */
function measureJobs(
  metrics: Metrics,
  operations: LoadedOperations,
  { events, isOld }: { readonly events: readonly LoggedEvent[]; readonly isOld: boolean },
): void {
  for (const { kind, type, data } of events) {
    if (type === 'step') {
      const { loss_name, step, loss, etaSeconds } = data as Record<string, number | string>;
      metrics.trainingStep(String(loss_name), {
        step: Number(step),
        loss: Number(loss),
        etaSeconds: Number(etaSeconds),
      });
    } else if (type === 'dataset') {
      metrics.trainingLabels(String(data.loss), data.labels as Record<string, number>);
    } else if (type === 'mined') {
      const { judgments } = data as { judgments?: Record<string, number> };
      if (judgments) metrics.judgments(judgments);
    } else if (type === 'ended') {
      if (operations.get(kind)?.operation.lossOf) metrics.trainingEnded();
      if (!isOld) metrics.job(kind, String(data.outcome));
    } else if (isReport(data)) {
      metrics.evaluation({
        provider: 'local-learning',
        model: data.model,
        loss: data.loss,
        split: data.split,
        metrics: meansOf(data),
        margin: data.decision?.difference ?? null,
        isOld,
      });
    }
  }
}

/** An evaluation during a training is no full report. */
function isReport(data: object): data is EvaluationReport {
  return 'systems' in data;
}

function meansOf({ systems, model }: EvaluationReport): Record<string, number> {
  const own = systems.find(({ system }) => system === model)?.metrics ?? {};
  const means = Object.entries<{ mean: number }>(own).map(([name, { mean }]) => [name, mean]);
  return Object.fromEntries(means);
}
