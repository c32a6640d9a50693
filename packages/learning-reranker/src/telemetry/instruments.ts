/** What is measured: each metric with its name, its help, its labels and its buckets. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

// Whatever is measured, it is 500 series at most: buckets, models and names are as many as that allows.
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const STAGE_SECONDS = [0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 5];
const MARGINS = [0.01, 0.02, 0.05, 0.1, 0.2];

export const ofModel = ['provider', 'model', 'loss'] as const;

/** Makes all metrics in a registry. */
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
    requests: counter('agro_rerank_requests_total', 'Rerank requests answered.', [
      'dialect',
      'outcome',
    ]),
    duration: histogram(
      'agro_rerank_request_duration_seconds',
      'From a rerank request to its answer.',
      REQUEST_SECONDS,
      ['dialect'],
    ),
    queue: histogram(
      'agro_rerank_queue_duration_seconds',
      'A rerank request waiting for the model.',
      STAGE_SECONDS,
    ),
    tokenize: histogram(
      'agro_rerank_tokenize_duration_seconds',
      'Texts of a rerank request becoming tokens.',
      STAGE_SECONDS,
    ),
    inference: histogram(
      'agro_rerank_inference_duration_seconds',
      'The model scoring the pairs of a rerank request.',
      STAGE_SECONDS,
    ),
    pairs: counter('agro_rerank_pairs_total', 'Pairs scored.', ofModel),
    truncated: counter(
      'agro_rerank_truncated_pairs_total',
      'Pairs cut at the longest length the model reads.',
    ),
    degraded: counter(
      'agro_rerank_degraded_total',
      'Answers in the original order because no model answered.',
      ['reason'],
    ),
    info: gauge('agro_model_info', 'The live model, always 1.', ofModel),
    loaded: gauge('agro_model_loaded_timestamp_seconds', 'When the live model was loaded.'),
    reloads: counter('agro_model_reloads_total', 'Changes of the live model.', ['outcome']),
    feedback: counter('agro_feedback_events_total', 'Feedback kept.', ['kind']),
    judgments: gauge('agro_judgments', 'Judgments of the last mining.', ['label']),
    step: gauge('agro_training_step', 'Updates made by the training.', ['loss']),
    trainingLoss: gauge('agro_training_loss', 'Loss of the last update.', ['loss']),
    eta: gauge('agro_training_eta_seconds', 'What the training still takes.', ['loss']),
    labelCount: gauge(
      'agro_training_labels',
      'Rows of the dataset in training by label; documents, where a loss has no classes.',
      ['loss', 'label'],
    ),
    labelShare: gauge('agro_training_label_ratio', 'Share of a label in the dataset in training.', [
      'loss',
      'label',
    ]),
    evaluation: gauge('agro_eval_metric', 'A metric of the last evaluation on held-out queries.', [
      ...ofModel,
      'split',
      'metric',
    ]),
    mrr: gauge('agro_rr_mrr', 'MRR@10 of the last evaluation on test queries.', ofModel),
    marginAbsolute: histogram(
      'agro_reranker_margin_abs',
      'Size of the difference in NDCG@10 to the baseline, by evaluation.',
      MARGINS,
      ofModel,
    ),
    marginLatest: gauge(
      'agro_reranker_margin_latest',
      'Difference in NDCG@10 to the baseline in the last evaluation.',
      ofModel,
    ),
    winner: counter(
      'agro_reranker_winner_total',
      'Evaluations by who won beyond chance: reranker, baseline or tie.',
      [...ofModel, 'winner'],
    ),
    jobs: counter('agro_job_runs_total', 'Jobs ended.', ['kind', 'outcome']),
  };
}
