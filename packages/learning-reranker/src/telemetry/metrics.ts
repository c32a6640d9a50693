/** What the service measures of itself, in Prometheus' text format; every figure of a model names its loss. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { metricNames } from '../comparison/index.js';
import { createInstruments, type ofModel } from './instruments.js';
import { LabelBudget } from './label-budget.js';

/** A model as metrics name it. */
export interface MeasuredModel {
  readonly provider: string;
  readonly model: string | null;
  /** The SBERT class name of the loss that made it; null where nobody here trained it. */
  readonly loss: string | null;
}

export interface MeasuredRerank extends MeasuredModel {
  readonly dialect: string;
  readonly outcome: 'ok' | 'degraded' | 'refused' | 'overloaded' | 'cancelled' | 'failed';
  readonly seconds: number;
  readonly queueSeconds?: number;
  readonly tokenizeSeconds?: number;
  readonly inferenceSeconds?: number;
  readonly pairs?: number;
  readonly truncatedPairs?: number;
  readonly degradedReason?: string | null;
}

export interface MeasuredEvaluation extends MeasuredModel {
  readonly split: 'dev' | 'test';
  /** `MRR@10`, `NDCG@10`, ... -> mean. */
  readonly metrics: Readonly<Record<string, number>>;
  /** NDCG@10 less that of the baseline, with its interval; null without one. */
  readonly margin: { readonly mean: number; readonly lower: number; readonly upper: number } | null;
  /** From before this process: it says how things stand, and is not counted. */
  readonly isOld?: boolean;
}

type ModelLabels = Readonly<Record<(typeof ofModel)[number], string>>;

/** Models that have series; those of the model not heard of for longest go when another comes. */
const MODELS = 5;

const WINNERS = ['reranker', 'baseline', 'tie'] as const;

export class Metrics {
  readonly #registry = new Registry();
  readonly #all = createInstruments(this.#registry);
  /** By model, the one last heard of at the end. */
  readonly #models = new Map<string, ModelLabels>();
  readonly #dialects = new LabelBudget(7);
  readonly #feedbackKinds = new LabelBudget(14);
  readonly #jobKinds = new LabelBudget(8);
  readonly #losses = new LabelBudget(4);
  readonly #reasons = new LabelBudget(10);
  readonly #labelNames = new LabelBudget(8);
  readonly #evaluations = new LabelBudget(metricNames.length);
  readonly #metricNames = new Set<string>();
  readonly #emitMargins: boolean;

  constructor({ emitMargins }: { readonly emitMargins: boolean }) {
    this.#emitMargins = emitMargins;
    collectDefaultMetrics({ register: this.#registry, gcDurationBuckets: [0.001, 0.01, 0.1, 1] });
    // Gauges under a counter's name, and sums of others: Prometheus' own check complains.
    for (const what of ['handles', 'requests', 'resources']) {
      this.#registry.removeSingleMetric(`nodejs_active_${what}_total`);
    }
    // The heap by its spaces, 27 series that tell nobody anything the whole heap does not.
    for (const what of ['size_total', 'size_used', 'size_available']) {
      this.#registry.removeSingleMetric(`nodejs_heap_space_${what}_bytes`);
    }
  }

  /** The exact type that Prometheus 3 asks for. */
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  rerank(measured: MeasuredRerank): void {
    const { outcome, seconds, pairs = 0, truncatedPairs = 0, degradedReason } = measured;
    const dialect = this.#dialects.value(measured.dialect);
    this.#all.requests.inc({ dialect, outcome });
    this.#all.duration.observe({ dialect }, seconds);
    if (measured.queueSeconds !== undefined) this.#all.queue.observe(measured.queueSeconds);
    if (measured.tokenizeSeconds !== undefined)
      this.#all.tokenize.observe(measured.tokenizeSeconds);
    if (measured.inferenceSeconds !== undefined)
      this.#all.inference.observe(measured.inferenceSeconds);
    if (pairs > 0) this.#all.pairs.inc(this.#labels(measured), pairs);
    this.#all.truncated.inc(truncatedPairs);
    if (degradedReason) this.#all.degraded.inc({ reason: this.#reasons.value(degradedReason) });
  }

  feedback(kind: string, count = 1): void {
    this.#all.feedback.inc({ kind: this.#feedbackKinds.value(kind) }, count);
  }

  judgments(counts: Readonly<Record<string, number>>): void {
    this.#all.judgments.reset();
    for (const [label, count] of Object.entries(counts)) {
      this.#all.judgments.inc({ label: this.#labelNames.value(label) }, count);
    }
  }

  /** The model that answers from now on. */
  live(measured: MeasuredModel): void {
    this.#all.info.reset();
    this.#all.info.set(namesOf(measured), 1);
    this.#all.loaded.setToCurrentTime();
  }

  reload(outcome: 'swapped' | 'failed'): void {
    this.#all.reloads.inc({ outcome });
  }

  trainingStep(
    lossName: string,
    step: { readonly step: number; readonly loss: number; readonly etaSeconds: number },
  ): void {
    const loss = this.#losses.value(lossName);
    this.#all.step.set({ loss }, step.step);
    this.#all.trainingLoss.set({ loss }, step.loss);
    this.#all.eta.set({ loss }, step.etaSeconds);
  }

  /** Nothing is left to wait for; the rest stays as the training left it. */
  trainingEnded(): void {
    this.#all.eta.reset();
  }

  /** What the dataset in training has by label; that of the dataset before goes. */
  trainingLabels(loss: string, labels: Readonly<Record<string, number>>): void {
    this.#all.labelCount.reset();
    this.#all.labelShare.reset();
    const total = Object.values(labels).reduce((sum, count) => sum + count, 0);
    for (const [label, count] of Object.entries(labels)) {
      const named = { loss: this.#losses.value(loss), label: this.#labelNames.value(label) };
      this.#all.labelCount.inc(named, count);
      this.#all.labelShare.inc(named, total === 0 ? 0 : count / total);
    }
  }

  evaluation(measured: MeasuredEvaluation): void {
    const labels = this.#labels(measured);
    for (const [metric, value] of Object.entries(measured.metrics)) {
      const name = this.#evaluations.value(metric);
      this.#metricNames.add(name);
      const named = { ...labels, split: measured.split, metric: name };
      this.#all.evaluation.set(named, value);
    }
    // Dev queries choose checkpoint and blend: what a model is worth is told by the test's.
    if (measured.split !== 'test') return;
    const reciprocal = measured.metrics['MRR@10'];
    if (reciprocal !== undefined) this.#all.mrr.set(labels, reciprocal);
    const { margin } = measured;
    if (margin === null || !this.#emitMargins) return;
    this.#all.marginLatest.set(labels, margin.mean);
    if (measured.isOld) return;
    this.#all.marginAbsolute.observe(labels, Math.abs(margin.mean));
    const [reranker, baseline, tie] = WINNERS;
    const winner = margin.lower > 0 ? reranker : margin.upper < 0 ? baseline : tie;
    this.#all.winner.inc({ ...labels, winner });
  }

  job(kind: string, outcome: string): void {
    this.#all.jobs.inc({ kind: this.#jobKinds.value(kind), outcome });
  }

  /** Remembers the model; the series of the one not heard of for longest make room for it. */
  #labels(measured: MeasuredModel): ModelLabels {
    const labels = namesOf(measured);
    const key = `${labels.provider} ${labels.model}`;
    const known = this.#models.get(key);
    this.#models.delete(key);
    this.#models.set(key, known ?? labels);
    const [oldest] = this.#models;
    if (oldest && this.#models.size > MODELS) {
      this.#models.delete(oldest[0]);
      this.#forget(oldest[1]);
    }
    return known ?? labels;
  }

  #forget(labels: ModelLabels): void {
    for (const metric of [
      this.#all.pairs,
      this.#all.mrr,
      this.#all.marginAbsolute,
      this.#all.marginLatest,
    ]) {
      metric.remove(labels);
    }
    for (const winner of WINNERS) this.#all.winner.remove({ ...labels, winner });
    for (const split of ['dev', 'test']) {
      for (const metric of this.#metricNames)
        this.#all.evaluation.remove({ ...labels, split, metric });
    }
  }
}

function namesOf({ provider, model, loss }: MeasuredModel): ModelLabels {
  return { provider, model: model ?? 'none', loss: loss ?? 'none' };
}
