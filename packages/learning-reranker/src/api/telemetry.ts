/** What the engine and jobs tell, as metrics and logs; every line about a model names its loss. */
import type { Kysely } from 'kysely';
import type { Settings } from '../config/index.js';
import type { Database } from '../database/schema.js';
import { JobEventReader, type SaidEvent } from '../jobs/job-events.js';
import type { Job } from '../jobs/queue.js';
import type { WorkerEvent } from '../jobs/worker.js';
import type { LoadedOperations } from '../operations/index.js';
import type { ModelEvent } from '../serving/index.js';
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

/** Logs what the worker of this process does. Metrics come from the database, for the workers of all processes. */
export function observeWorker(
  log: Log,
  settings: Settings,
  operations: LoadedOperations,
): (event: WorkerEvent) => void {
  // Kept with the job: the setting may be changed while it trains.
  let inHand: { readonly job: string; readonly loss: string | null } | null = null;
  return (event) => {
    if (event.type === 'waiting') {
      log.warn({ err: event.error }, 'the database does not answer the worker');
      return;
    }
    const { job } = event;
    if (event.type === 'started' || inHand?.job !== job.id) {
      inHand = { job: job.id, loss: lossOf(job, settings, operations) };
    }
    if (event.type === 'said') {
      const told = toldLossOf(event.event, event.data);
      if (told !== null) inHand = { job: job.id, loss: told };
    }
    const { loss } = inHand;
    const base = { job: job.id, kind: job.kind, ...(loss !== null && { loss }) };
    if (event.type === 'said') logJob(log, base, event.event, event.data);
    else if (event.type === 'ended') {
      const { outcome, error } = event;
      const fields = { ...base, outcome, ...(error ? { err: error } : {}) };
      if (outcome === 'failed') log.error(fields, 'job failed');
      else log.info(fields, 'job ended');
    } else log.info({ ...base, attempt: job.attempts }, `job ${event.type}`);
  };
}

/** The SBERT name of the loss that a job trains with; null where it trains nothing. */
function lossOf(
  { kind, request }: Job,
  settings: Settings,
  operations: LoadedOperations,
): string | null {
  const operation = operations.get(kind)?.operation;
  const parsed = operation?.schema.safeParse(request);
  return parsed?.success ? (operation?.lossOf?.(parsed.data, settings) ?? null) : null;
}

/** The loss as the training itself names it: a cycle's is looked up when its mining is done, not when the job begins. */
function toldLossOf(type: string, data: Readonly<Record<string, unknown>>): string | null {
  const told = type === 'dataset' ? data.loss : data.loss_name;
  return typeof told === 'string' ? told : null;
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

/** Types of events that say what is measured. */
const measuredEvents = ['step', 'dataset', 'mined', 'evaluation', 'ended'] as const;

/**
 * Measures how things stand with the jobs of all workers; each call of what it gives measures what they said since.
 * It is begun with the service: what ends before anybody asks for metrics counts too.
 */
export async function watchJobs(
  db: Kysely<Database>,
  metrics: Metrics,
  operations: LoadedOperations,
): Promise<() => Promise<void>> {
  const reader = new JobEventReader(db, measuredEvents);
  const look = async () => {
    const said = await reader.read();
    measureJobs(metrics, operations, said);
  };
  await look();
  return look;
}

/** What jobs of any worker said, as metrics; what is old sets how things stand and counts nothing. */
function measureJobs(
  metrics: Metrics,
  operations: LoadedOperations,
  { events, isOld }: { readonly events: readonly SaidEvent[]; readonly isOld: boolean },
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

interface Report {
  readonly model: string;
  readonly loss: string | null;
  readonly split: 'dev' | 'test';
  readonly systems: readonly {
    readonly system: string;
    readonly metrics: Readonly<Record<string, { readonly mean: number }>>;
  }[];
  readonly decision: {
    readonly difference: { readonly mean: number; readonly lower: number; readonly upper: number };
  } | null;
}

/** A training evaluates on its dev queries too, and says less. */
function isReport(data: object): data is Report {
  return 'systems' in data;
}

function meansOf({ systems, model }: Report): Record<string, number> {
  const own = systems.find(({ system }) => system === model)?.metrics ?? {};
  return Object.fromEntries(Object.entries(own).map(([name, { mean }]) => [name, mean]));
}
