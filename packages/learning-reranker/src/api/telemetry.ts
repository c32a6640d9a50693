/** What the engine and the worker tell, as metrics and logs; every line about a model names its loss. */
import type { WorkerEvent } from '../runs/index.js';
import type { ModelEvent } from '../serving/index.js';
import type { Log, Metrics } from '../telemetry/index.js';

export function observeEngine(metrics: Metrics, log: Log): (event: ModelEvent) => void {
  return (event) => {
    if (event.type === 'loaded') {
      const { id: model, loss } = event.model;
      metrics.live({ provider: 'local-learning', model, loss });
      metrics.reload('swapped');
      log.info({ model, loss, seconds: event.seconds }, 'model is live');
    } else if (event.type === 'reload-failed') {
      metrics.reload('failed');
      log.error({ model: event.name, err: event.error }, 'model could not be loaded');
    } else {
      const { id: model, loss } = event.model;
      log.error({ model, loss, err: event.error }, 'model host ended');
    }
  };
}

export function observeWorker(metrics: Metrics, log: Log): (event: WorkerEvent) => void {
  return (event) => {
    if (event.type === 'waiting') {
      log.warn({ err: event.error }, 'the database does not answer the worker');
      return;
    }
    const { job } = event;
    const base = { job: job.id, kind: job.kind };
    if (event.type === 'said') return observeJob(metrics, log, base, event.event, event.data);
    if (event.type === 'ended') {
      metrics.job(job.kind, event.outcome);
      const fields = {
        ...base,
        outcome: event.outcome,
        ...(event.error ? { err: event.error } : {}),
      };
      if (event.outcome === 'failed') log.error(fields, 'job failed');
      else log.info(fields, 'job ended');
      return;
    }
    log.info({ ...base, attempt: job.attempts }, `job ${event.type}`);
  };
}

function observeJob(
  metrics: Metrics,
  log: Log,
  base: { job: string; kind: string },
  type: string,
  data: Readonly<Record<string, unknown>>,
): void {
  if (type === 'step') {
    const { loss_name, step, loss, etaSeconds } = data as Record<string, number | string>;
    metrics.trainingStep(String(loss_name), {
      step: Number(step),
      loss: Number(loss),
      etaSeconds: Number(etaSeconds),
    });
    log.debug({ ...base, loss: loss_name, step, value: loss }, 'training step');
  } else if (type === 'dataset') {
    const { loss, labels, dataset, rows } = data;
    metrics.trainingLabels(String(loss), labels as Record<string, number>);
    log.info({ ...base, loss, dataset, rows }, 'training begins');
  } else if (type === 'mined') {
    const { judgments } = data as { judgments?: Record<string, number> };
    if (judgments) metrics.judgments(judgments);
    log.info({ ...base, source: data.source, records: data.records }, 'mined');
  } else if (type === 'evaluation' && 'systems' in data)
    observeEvaluation(metrics, log, base, data);
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

function observeEvaluation(
  metrics: Metrics,
  log: Log,
  base: { job: string; kind: string },
  data: Readonly<Record<string, unknown>>,
): void {
  const report = data as unknown as Report;
  const own = report.systems.find(({ system }) => system === report.model)?.metrics ?? {};
  const means = Object.fromEntries(Object.entries(own).map(([name, { mean }]) => [name, mean]));
  metrics.evaluation({
    provider: 'local-learning',
    model: report.model,
    loss: report.loss,
    split: report.split,
    metrics: means,
    margin: report.decision?.difference ?? null,
  });
  log.info({ ...base, model: report.model, loss: report.loss, metrics: means }, 'evaluated');
}
