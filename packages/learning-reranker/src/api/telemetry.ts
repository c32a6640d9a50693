/** What the engine and jobs tell, as metrics and logs; every line about a model names its loss. */
import type { SaidEvent, WorkerEvent } from '../runs/index.js';
import type { ModelEvent } from '../serving/index.js';
import type { Log, Metrics } from '../telemetry/index.js';

export function observeEngine(metrics: Metrics, log: Log): (event: ModelEvent) => void {
  return (event) => {
    if (event.type === 'loaded') {
      const { id: model, loss } = event.model;
      metrics.live({ provider: 'local-learning', model, loss });
      metrics.reload('swapped');
      log.info({ model, loss, seconds: Number(event.seconds.toFixed(3)) }, 'model is live');
    } else if (event.type === 'reload-failed') {
      metrics.reload('failed');
      log.error({ model: event.name, err: event.error }, 'model could not be loaded');
    } else {
      const { id: model, loss } = event.model;
      log.error({ model, loss, err: event.error }, 'model host ended');
    }
  };
}

/** What the worker of this process does, as log lines; the metrics come from the database, for all workers. */
export function observeWorker(log: Log): (event: WorkerEvent) => void {
  return (event) => {
    if (event.type === 'waiting') {
      log.warn({ err: event.error }, 'the database does not answer the worker');
      return;
    }
    const { job } = event;
    const base = { job: job.id, kind: job.kind };
    if (event.type === 'said') logJob(log, base, event.event, event.data);
    else if (event.type === 'ended') {
      const { outcome, error } = event;
      const fields = { ...base, outcome, ...(error ? { err: error } : {}) };
      if (outcome === 'failed') log.error(fields, 'job failed');
      else log.info(fields, 'job ended');
    } else log.info({ ...base, attempt: job.attempts }, `job ${event.type}`);
  };
}

function logJob(
  log: Log,
  base: { readonly job: string; readonly kind: string },
  type: string,
  data: Readonly<Record<string, unknown>>,
): void {
  if (type === 'step') {
    log.debug(
      { ...base, loss: data.loss_name, step: data.step, value: data.loss },
      'training step',
    );
  } else if (type === 'dataset') {
    const { loss, dataset, rows } = data;
    log.info({ ...base, loss, dataset, rows }, 'training begins');
  } else if (type === 'mined') {
    log.info({ ...base, source: data.source, records: data.records }, 'mined');
  } else if (isReport(data)) {
    const { model, loss } = data;
    log.info({ ...base, model, loss, metrics: meansOf(data) }, 'evaluated');
  }
}

/** Types of events that say what is measured. */
export const measuredEvents = ['step', 'dataset', 'mined', 'evaluation', 'ended'] as const;

/** What jobs of any worker said, as metrics; what is old sets how things stand and counts nothing. */
export function measureJobs(
  metrics: Metrics,
  events: readonly SaidEvent[],
  { isOld }: { readonly isOld: boolean },
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
