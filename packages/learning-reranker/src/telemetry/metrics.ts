/** What the service measures of itself, in Prometheus' text format; every figure of a model names its loss. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
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

// Whatever is measured, it is 500 series at most: buckets, models and names are as many as that allows.
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const STAGE_SECONDS = [0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5];
const MARGINS = [0.01, 0.02, 0.05, 0.1, 0.2];
/** Models that have series; those of the model not heard of for longest go when another comes. */
const MODELS = 5;

const WINNERS = ['reranker', 'baseline', 'tie'] as const;

const ofModel = ['provider', 'model', 'loss'] as const;

export class Metrics {
  readonly #registry = new Registry();
  /** By model, the one last heard of at the end. */
  readonly #models = new Map<string, ModelLabels>();
  readonly #dialects = new LabelBudget(7);
  readonly #feedbackKinds = new LabelBudget(14);
  readonly #jobKinds = new LabelBudget(8);
  readonly #losses = new LabelBudget(4);
  readonly #reasons = new LabelBudget(10);
  readonly #labelNames = new LabelBudget(8);
  readonly #evaluations = new LabelBudget(6);
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
    this.#requests.inc({ dialect, outcome });
    this.#duration.observe({ dialect }, seconds);
    if (measured.queueSeconds !== undefined) this.#queue.observe(measured.queueSeconds);
    if (measured.tokenizeSeconds !== undefined) this.#tokenize.observe(measured.tokenizeSeconds);
    if (measured.inferenceSeconds !== undefined) this.#inference.observe(measured.inferenceSeconds);
    if (pairs > 0) this.#pairs.inc(this.#labels(measured), pairs);
    this.#truncated.inc(truncatedPairs);
    if (degradedReason) this.#degraded.inc({ reason: this.#reasons.value(degradedReason) });
  }

  feedback(kind: string, count = 1): void {
    this.#feedback.inc({ kind: this.#feedbackKinds.value(kind) }, count);
  }

  judgments(counts: Readonly<Record<string, number>>): void {
    this.#judgments.reset();
    for (const [label, count] of Object.entries(counts)) {
      this.#judgments.inc({ label: this.#labelNames.value(label) }, count);
    }
  }

  /** The model that answers from now on. */
  live(measured: MeasuredModel): void {
    this.#info.reset();
    this.#info.set(namesOf(measured), 1);
    this.#loaded.setToCurrentTime();
  }

  reload(outcome: 'swapped' | 'failed'): void {
    this.#reloads.inc({ outcome });
  }

  trainingStep(
    lossName: string,
    step: { readonly step: number; readonly loss: number; readonly etaSeconds: number },
  ): void {
    const loss = this.#losses.value(lossName);
    this.#step.set({ loss }, step.step);
    this.#trainingLoss.set({ loss }, step.loss);
    this.#eta.set({ loss }, step.etaSeconds);
  }

  /** Nothing is left to wait for; the rest stays as the training left it. */
  trainingEnded(): void {
    this.#eta.reset();
  }

  /** Rows of the dataset in training by label; those of the dataset before go. */
  trainingLabels(loss: string, labels: Readonly<Record<string, number>>): void {
    this.#labelCount.reset();
    this.#labelShare.reset();
    const total = Object.values(labels).reduce((sum, count) => sum + count, 0);
    for (const [label, count] of Object.entries(labels)) {
      const named = { loss: this.#losses.value(loss), label: this.#labelNames.value(label) };
      this.#labelCount.inc(named, count);
      this.#labelShare.inc(named, total === 0 ? 0 : count / total);
    }
  }

  evaluation(measured: MeasuredEvaluation): void {
    const labels = this.#labels(measured);
    for (const [metric, value] of Object.entries(measured.metrics)) {
      const name = this.#evaluations.value(metric);
      this.#metricNames.add(name);
      const named = { ...labels, split: measured.split, metric: name };
      this.#evaluation.set(named, value);
    }
    // Dev queries choose checkpoint and blend: what a model is worth is told by the test's.
    if (measured.split !== 'test') return;
    const reciprocal = measured.metrics['MRR@10'];
    if (reciprocal !== undefined) this.#mrr.set(labels, reciprocal);
    const { margin } = measured;
    if (margin === null || !this.#emitMargins) return;
    this.#marginLatest.set(labels, margin.mean);
    if (measured.isOld) return;
    this.#marginAbsolute.observe(labels, Math.abs(margin.mean));
    const [reranker, baseline, tie] = WINNERS;
    const winner = margin.lower > 0 ? reranker : margin.upper < 0 ? baseline : tie;
    this.#winner.inc({ ...labels, winner });
  }

  job(kind: string, outcome: string): void {
    this.#jobs.inc({ kind: this.#jobKinds.value(kind), outcome });
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
    for (const metric of [this.#pairs, this.#mrr, this.#marginAbsolute, this.#marginLatest]) {
      metric.remove(labels);
    }
    for (const winner of WINNERS) this.#winner.remove({ ...labels, winner });
    for (const split of ['dev', 'test']) {
      for (const metric of this.#metricNames) this.#evaluation.remove({ ...labels, split, metric });
    }
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Gauge<Label>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Counter<Label>({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ) {
    return new Histogram<Label>({
      name,
      help,
      buckets: [...buckets],
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  readonly #requests = this.#counter('agro_rerank_requests_total', 'Rerank requests answered.', [
    'dialect',
    'outcome',
  ]);
  readonly #duration = this.#histogram(
    'agro_rerank_request_duration_seconds',
    'From a rerank request to its answer.',
    REQUEST_SECONDS,
    ['dialect'],
  );
  readonly #queue = this.#histogram(
    'agro_rerank_queue_duration_seconds',
    'A rerank request waiting for the model.',
    STAGE_SECONDS,
  );
  readonly #tokenize = this.#histogram(
    'agro_rerank_tokenize_duration_seconds',
    'Texts of a rerank request becoming tokens.',
    STAGE_SECONDS,
  );
  readonly #inference = this.#histogram(
    'agro_rerank_inference_duration_seconds',
    'The model scoring the pairs of a rerank request.',
    STAGE_SECONDS,
  );
  readonly #pairs = this.#counter('agro_rerank_pairs_total', 'Pairs scored.', ofModel);
  readonly #truncated = this.#counter(
    'agro_rerank_truncated_pairs_total',
    'Pairs cut at the longest length the model reads.',
  );
  readonly #degraded = this.#counter(
    'agro_rerank_degraded_total',
    'Answers in the original order because no model answered.',
    ['reason'],
  );
  readonly #info = this.#gauge('agro_model_info', 'The live model, always 1.', ofModel);
  readonly #loaded = this.#gauge(
    'agro_model_loaded_timestamp_seconds',
    'When the live model was loaded.',
  );
  readonly #reloads = this.#counter('agro_model_reloads_total', 'Changes of the live model.', [
    'outcome',
  ]);
  readonly #feedback = this.#counter('agro_feedback_events_total', 'Feedback kept.', ['kind']);
  readonly #judgments = this.#gauge('agro_judgments', 'Judgments of the last mining.', ['label']);
  readonly #step = this.#gauge('agro_training_step', 'Updates made by the training.', ['loss']);
  readonly #trainingLoss = this.#gauge('agro_training_loss', 'Loss of the last update.', ['loss']);
  readonly #eta = this.#gauge('agro_training_eta_seconds', 'What the training still takes.', [
    'loss',
  ]);
  readonly #labelCount = this.#gauge(
    'agro_training_labels',
    'Rows of the dataset in training by label.',
    ['loss', 'label'],
  );
  readonly #labelShare = this.#gauge(
    'agro_training_label_ratio',
    'Share of a label in the dataset in training.',
    ['loss', 'label'],
  );
  readonly #evaluation = this.#gauge(
    'agro_eval_metric',
    'A metric of the last evaluation on held-out queries.',
    [...ofModel, 'split', 'metric'],
  );
  readonly #mrr = this.#gauge(
    'agro_rr_mrr',
    'MRR@10 of the last evaluation on test queries.',
    ofModel,
  );
  readonly #marginAbsolute = this.#histogram(
    'agro_reranker_margin_abs',
    'Size of the difference in NDCG@10 to the baseline, by evaluation.',
    MARGINS,
    ofModel,
  );
  readonly #marginLatest = this.#gauge(
    'agro_reranker_margin_latest',
    'Difference in NDCG@10 to the baseline in the last evaluation.',
    ofModel,
  );
  readonly #winner = this.#counter(
    'agro_reranker_winner_total',
    'Evaluations by who won beyond chance: reranker, baseline or tie.',
    [...ofModel, 'winner'],
  );
  readonly #jobs = this.#counter('agro_job_runs_total', 'Jobs ended.', ['kind', 'outcome']);
}

function namesOf({ provider, model, loss }: MeasuredModel): ModelLabels {
  return { provider, model: model ?? 'none', loss: loss ?? 'none' };
}
