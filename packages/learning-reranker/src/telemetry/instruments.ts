/** Every metric with its name, help, labels and buckets. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

// A service has at most 500 series, which limits the buckets and the models.
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const STAGE_SECONDS = [0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5];
const MARGINS = [0.01, 0.02, 0.05, 0.1, 0.2];

export const ofModel = ['provider', 'model', 'loss'] as const;

/** Registers all metrics. */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const gauge = <Label extends string>(name: string, help: string, labels: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames: labels, registers });
  const counter = <Label extends string>(
    name: string,
    help: string,
    labels: readonly Label[] = [],
  ) => new Counter({ name, help, labelNames: labels, registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labels: readonly Label[] = [],
  ) => new Histogram({ name, help, buckets, labelNames: labels, registers });
  return {
    requests: counter('agro_rerank_requests_total', 'Rerank requests by dialect and outcome.', [
      'dialect',
      'outcome',
    ]),
    duration: histogram(
      'agro_rerank_request_duration_seconds',
      'Time from a rerank request to its response.',
      REQUEST_SECONDS,
      ['dialect'],
    ),
    queue: histogram(
      'agro_rerank_queue_duration_seconds',
      'Time a rerank request waits for the model.',
      STAGE_SECONDS,
    ),
    tokenize: histogram(
      'agro_rerank_tokenize_duration_seconds',
      'Time to tokenize the texts of a rerank request.',
      STAGE_SECONDS,
    ),
    inference: histogram(
      'agro_rerank_inference_duration_seconds',
      'Time the model takes to score the pairs of a rerank request.',
      STAGE_SECONDS,
    ),
    pairs: counter('agro_rerank_pairs_total', 'Pairs scored by the model.', ofModel),
    truncated: counter(
      'agro_rerank_truncated_pairs_total',
      "Pairs cut at the model's maximum length.",
    ),
    degraded: counter(
      'agro_rerank_degraded_total',
      'Rerank requests answered in the original order because no model scored them.',
      ['reason'],
    ),
    info: gauge('agro_model_info', 'The live model; the value is always 1.', ofModel),
    loaded: gauge(
      'agro_model_loaded_timestamp_seconds',
      'Time at which the live model was loaded.',
    ),
    reloads: counter('agro_model_reloads_total', 'Changes of the live model.', ['outcome']),
    feedback: counter('agro_feedback_events_total', 'Searches and feedback stored, by kind.', [
      'kind',
    ]),
    judgments: gauge('agro_judgments', 'Judgments of the last mining.', ['label']),
    step: gauge('agro_training_step', 'Optimizer steps of the current training.', ['loss']),
    trainingLoss: gauge('agro_training_loss', 'Training loss of the last step.', ['loss']),
    eta: gauge('agro_training_eta_seconds', 'Estimated time until the training ends.', ['loss']),
    labelCount: gauge(
      'agro_training_labels',
      'Rows of the training dataset by label; documents for a loss without classes.',
      ['loss', 'label'],
    ),
    labelShare: gauge('agro_training_label_ratio', 'Share of each label in the training dataset.', [
      'loss',
      'label',
    ]),
    evaluation: gauge('agro_eval_metric', 'Metrics of the last evaluation on held-out queries.', [
      ...ofModel,
      'split',
      'metric',
    ]),
    mrr: gauge('agro_rr_mrr', 'MRR@10 of the last evaluation on test queries.', ofModel),
    marginAbsolute: histogram(
      'agro_reranker_margin_abs',
      'Absolute difference in NDCG@10 between the model and the baseline, by evaluation.',
      MARGINS,
      ofModel,
    ),
    marginLatest: gauge(
      'agro_reranker_margin_latest',
      'NDCG@10 of the model minus that of the baseline in the last evaluation.',
      ofModel,
    ),
    winner: counter(
      'agro_reranker_winner_total',
      'Evaluations by the significantly better system: reranker, baseline or tie.',
      [...ofModel, 'winner'],
    ),
    jobs: counter('agro_job_runs_total', 'Jobs that ended, by kind and outcome.', [
      'kind',
      'outcome',
    ]),
  };
}
