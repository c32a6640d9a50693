/** The service's metrics in Prometheus' text format. Every metric of a model names the model's loss. */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { metricNames } from '../comparison/index.js';
import { feedbackKinds } from '../database/schema.js';
import { createInstruments, type ofModel } from './instruments.js';
import { LabelValues, OTHER } from './label-values.js';

/** A model as the labels of a metric name it. */
export interface MeasuredModel {
  readonly provider: string;
  readonly model: string | null;
  /** The SBERT class name of the loss that trained it; null for a model trained elsewhere. */
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
  /** The mean of each metric, by names such as `NDCG@10`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** NDCG@10 minus the baseline's, with its 95 % interval; null without a baseline. */
  readonly margin: { readonly mean: number; readonly lower: number; readonly upper: number } | null;
  /** Made before this process started: it sets gauges and adds nothing to counters. */
  readonly isOld?: boolean;
}

type ModelLabels = Readonly<Record<(typeof ofModel)[number], string>>;

/** Models that have series. A further model replaces the one that was measured longest ago. */
const MODELS = 5;

const WINNERS = ['reranker', 'baseline', 'tie'] as const;

export interface MetricsOptions {
  /** Whether evaluations report their margin to the baseline. */
  readonly emitMargins: boolean;
  /** The names that have series of their own; all others are counted as `other`. */
  readonly dialects: readonly string[];
  readonly operations: readonly string[];
  readonly losses: readonly string[];
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #all = createInstruments(this.#registry);
  /** By model, the one measured last at the end. */
  readonly #models = new Map<string, ModelLabels>();
  readonly #dialects: LabelValues;
  readonly #operations: LabelValues;
  readonly #losses: LabelValues;
  readonly #feedbackKinds = new LabelValues(['search', ...feedbackKinds]);
  readonly #evaluationMetrics = new LabelValues(metricNames);
  readonly #reasons = new LabelValues([], { spare: 10 });
  readonly #labelNames = new LabelValues([], { spare: 8 });
  readonly #emitMargins: boolean;

  constructor({ emitMargins, dialects, operations, losses }: MetricsOptions) {
    this.#emitMargins = emitMargins;
    this.#dialects = new LabelValues(dialects);
    this.#operations = new LabelValues(operations);
    this.#losses = new LabelValues(losses);
    collectDefaultMetrics({ register: this.#registry, gcDurationBuckets: [0.001, 0.01, 0.1, 1] });
    // These are gauges with a counter's name, which promtool reports, and they only sum up others.
    for (const what of ['handles', 'requests', 'resources']) {
      this.#registry.removeSingleMetric(`nodejs_active_${what}_total`);
    }
    // 27 series of the heap's spaces; the series of the whole heap stay.
    for (const what of ['size_total', 'size_used', 'size_available']) {
      this.#registry.removeSingleMetric(`nodejs_heap_space_${what}_bytes`);
    }
  }

  /** Prometheus 3 refuses any other type. */
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  rerank(measured: MeasuredRerank): void {
    const { outcome, seconds, pairs = 0, truncatedPairs = 0, degradedReason } = measured;
    const dialect = this.#dialects.of(measured.dialect);
    this.#all.requests.inc({ dialect, outcome });
    this.#all.duration.observe({ dialect }, seconds);
    if (measured.queueSeconds !== undefined) this.#all.queue.observe(measured.queueSeconds);
    if (measured.tokenizeSeconds !== undefined)
      this.#all.tokenize.observe(measured.tokenizeSeconds);
    if (measured.inferenceSeconds !== undefined)
      this.#all.inference.observe(measured.inferenceSeconds);
    if (pairs > 0) this.#all.pairs.inc(this.#labels(measured), pairs);
    this.#all.truncated.inc(truncatedPairs);
    if (degradedReason) this.#all.degraded.inc({ reason: this.#reasons.of(degradedReason) });
  }

  feedback(kind: string, count = 1): void {
    this.#all.feedback.inc({ kind: this.#feedbackKinds.of(kind) }, count);
  }

  judgments(counts: Readonly<Record<string, number>>): void {
    this.#all.judgments.reset();
    for (const [label, count] of Object.entries(counts)) {
      this.#all.judgments.inc({ label: this.#labelNames.of(label) }, count);
    }
  }

  /** The model that ranks from now on. */
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
    const loss = this.#losses.of(lossName);
    this.#all.step.set({ loss }, step.step);
    this.#all.trainingLoss.set({ loss }, step.loss);
    this.#all.eta.set({ loss }, step.etaSeconds);
  }

  /** Removes the remaining time; the other gauges keep the training's last values. */
  trainingEnded(): void {
    this.#all.eta.reset();
  }

  /** The rows of the dataset in training by label, in place of the previous dataset's. */
  trainingLabels(loss: string, labels: Readonly<Record<string, number>>): void {
    this.#all.labelCount.reset();
    this.#all.labelShare.reset();
    const total = Object.values(labels).reduce((sum, count) => sum + count, 0);
    for (const [label, count] of Object.entries(labels)) {
      const named = { loss: this.#losses.of(loss), label: this.#labelNames.of(label) };
      this.#all.labelCount.inc(named, count);
      this.#all.labelShare.inc(named, total === 0 ? 0 : count / total);
    }
  }

  evaluation(measured: MeasuredEvaluation): void {
    const labels = this.#labels(measured);
    for (const [metric, value] of Object.entries(measured.metrics)) {
      const name = this.#evaluationMetrics.of(metric);
      const named = { ...labels, split: measured.split, metric: name };
      this.#all.evaluation.set(named, value);
    }
    // Dev queries choose the checkpoint and the blend, so only test queries measure the model.
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
    this.#all.jobs.inc({ kind: this.#operations.of(kind), outcome });
  }

  /** Marks the model as measured last, and removes the series of the oldest one beyond the limit. */
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
      for (const metric of [...metricNames, OTHER])
        this.#all.evaluation.remove({ ...labels, split, metric });
    }
  }
}

function namesOf({ provider, model, loss }: MeasuredModel): ModelLabels {
  return { provider, model: model ?? 'none', loss: loss ?? 'none' };
}
