import { expect, test } from 'vitest';
import { metricNames } from '../../src/comparison/index.js';
import { feedbackKinds } from '../../src/database/schema.js';
import type { BackendFailure } from '../../src/serving/backends/backend.js';
import type { Metrics } from '../../src/telemetry/metrics.js';
import { names, newMetrics } from './new-metrics.js';

const model = { provider: 'local-learning', model: 'm1', loss: 'BinaryCrossEntropyLoss' } as const;
const margin = { mean: -0.04, lower: -0.06, upper: -0.02 };

test('an evaluation is labeled with the loss of the model', async () => {
  const metrics = newMetrics();
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin });
  metrics.evaluation({
    ...model,
    split: 'test',
    metrics: { 'MRR@10': 0.5 },
    margin: { mean: 0.1, lower: -0.1, upper: 0.3 },
  });
  metrics.evaluation({
    ...model,
    split: 'test',
    metrics: { 'MRR@10': 0.6 },
    margin: { mean: 0.2, lower: 0.1, upper: 0.3 },
  });
  const text = await metrics.text();
  const labels = 'provider="local-learning",model="m1",loss="BinaryCrossEntropyLoss"';
  expect(text).toContain(`agro_rr_mrr{${labels}} 0.6`);
  expect(text).toContain(`agro_reranker_margin_latest{${labels}} 0.2`);
  expect(text).toContain(`agro_reranker_margin_abs_bucket{le="0.05",${labels}} 1`);
  expect(text).toContain(`agro_reranker_margin_abs_count{${labels}} 3`);
  for (const winner of ['baseline', 'tie', 'reranker']) {
    expect(text).toContain(`agro_reranker_winner_total{${labels},winner="${winner}"} 1`);
  }
});

test('margins are left out if disabled', async () => {
  const metrics = newMetrics({ emitMargins: false });
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin });
  const text = await metrics.text();
  expect(text).toContain('agro_rr_mrr{');
  expect(text).not.toMatch(/agro_reranker_(?:margin_latest|margin_abs|winner_total)\w*\{/);
});

/** All metrics of an evaluation. */
const evaluated = Object.fromEntries(metricNames.map((name) => [name, 1]));

/** All series, including those of the process. */
async function seriesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('any number of names stays within 500 series', async () => {
  const metrics = newMetrics();
  const outcomes = ['ok', 'degraded', 'refused', 'overloaded', 'cancelled', 'failed'] as const;
  const known = {
    dialects: [...names.dialects],
    operations: [...names.operations],
    losses: [...names.losses],
    feedbackKinds: ['search', ...feedbackKinds],
  };
  for (let at = 0; at < 2000; at++) {
    // First each known name, then unknown ones.
    const dialect = known.dialects.shift() ?? `dialect ${at}`;
    const operation = known.operations.shift() ?? `operation ${at}`;
    const loss = known.losses.shift() ?? `Loss${at}`;
    const feedbackKind = known.feedbackKinds.shift() ?? `kind ${at}`;
    const odd = { provider: 'local-learning', model: `m${at}`, loss };
    for (const outcome of at < 20 ? outcomes : ['ok' as const]) {
      metrics.rerank({
        ...odd,
        dialect,
        outcome,
        seconds: 0.1,
        queueSeconds: 0.1,
        tokenizeSeconds: 0.1,
        inferenceSeconds: 0.1,
        pairs: 3,
        truncatedPairs: 1,
        degradedReason: `r${at}`,
      });
    }
    for (const split of ['dev', 'test'] as const) {
      for (const [lower, upper] of [
        [0.1, 0.2],
        [-0.2, -0.1],
        [-0.1, 0.1],
      ] as const) {
        const one = { mean: 0.1, lower, upper };
        metrics.evaluation({ ...odd, split, metrics: { [`M${at}`]: 1 }, margin: one });
        metrics.evaluation({ ...odd, split, metrics: evaluated, margin: one });
      }
    }
    metrics.judgments({ [`label${at}`]: at });
    metrics.live(odd);
    metrics.reload(at % 2 ? 'swapped' : 'failed');
    metrics.feedback(feedbackKind);
    for (const ended of ['succeeded', 'failed', 'cancelled']) metrics.job(operation, ended);
    metrics.trainingStep(odd.loss, { step: at, loss: 1, etaSeconds: 1 });
    metrics.trainingLabels(
      odd.loss,
      Object.fromEntries(Array.from({ length: 20 }, (_, label) => [`label ${at + label}`, 1])),
    );
  }
  const series = await seriesOf(metrics);
  // Of Node's own those that come with time: collected garbage by kind, open handles.
  const laterOnes = 4 * 7 + 15;
  expect(series.length + laterOnes).toBeLessThanOrEqual(500);
});

test('every name that the service knows has its own series', async () => {
  const metrics = newMetrics();
  const outcomes = ['ok', 'degraded', 'refused', 'overloaded', 'cancelled', 'failed'] as const;
  for (const dialect of names.dialects) {
    for (const outcome of outcomes) metrics.rerank({ ...model, dialect, outcome, seconds: 0.1 });
  }
  for (const kind of feedbackKinds) metrics.feedback(kind);
  for (const kind of names.operations) {
    for (const outcome of ['succeeded', 'failed', 'cancelled']) metrics.job(kind, outcome);
  }
  for (const loss of names.losses) metrics.trainingStep(loss, { step: 1, loss: 1, etaSeconds: 1 });
  metrics.evaluation({ ...model, split: 'test', metrics: evaluated, margin });
  metrics.judgments({ positive: 1, negative: 1, unsure: 1, conflict: 1 });
  metrics.trainingLabels('CrossEntropyLoss', { 0: 3, 1: 1 });
  for (const degradedReason of [
    'model-unavailable',
    'model-failed',
    'cloud-not-set-up',
    'cloud-unreachable',
    'cloud-refused',
    'deadline',
  ] satisfies BackendFailure[]) {
    metrics.rerank({ ...model, dialect: 'api', outcome: 'degraded', seconds: 0.1, degradedReason });
  }
  const text = await metrics.text();
  expect(text).not.toMatch(/="other"/);
});

test('a name that the service does not know counts as other', async () => {
  const metrics = newMetrics();
  metrics.rerank({ ...model, dialect: 'unknown', outcome: 'ok', seconds: 0.1 });
  metrics.job('unknown', 'succeeded');
  metrics.feedback('unknown');
  metrics.trainingStep('UnknownLoss', { step: 1, loss: 1, etaSeconds: 1 });
  const text = await metrics.text();
  expect(text).toContain('agro_rerank_requests_total{dialect="other",outcome="ok"} 1');
  expect(text).toContain('agro_job_runs_total{kind="other",outcome="succeeded"} 1');
  expect(text).toContain('agro_feedback_events_total{kind="other"} 1');
  expect(text).toContain('agro_training_step{loss="other"} 1');
  expect(text).not.toMatch(/unknown/i);
});

test('a new dataset in training replaces the previous one', async () => {
  const metrics = newMetrics();
  metrics.trainingLabels('CrossEntropyLoss', { 0: 3, 1: 1, 2: 4 });
  metrics.trainingLabels('BinaryCrossEntropyLoss', { 0: 3, 1: 1 });
  const text = await metrics.text();
  expect(text.match(/^agro_training_labels\{.*$/gm)).toEqual([
    'agro_training_labels{loss="BinaryCrossEntropyLoss",label="0"} 3',
    'agro_training_labels{loss="BinaryCrossEntropyLoss",label="1"} 1',
  ]);
  expect(text).toContain('agro_training_label_ratio{loss="BinaryCrossEntropyLoss",label="0"} 0.75');
});

test('dev queries, which choose the checkpoint, do not set the headline metrics', async () => {
  const metrics = newMetrics();
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin });
  metrics.evaluation({ ...model, split: 'dev', metrics: { 'MRR@10': 0.9 }, margin });
  const text = await metrics.text();
  expect(text).toMatch(/^agro_rr_mrr\{.*\} 0.4$/m);
  expect(text).toMatch(/^agro_eval_metric\{.*split="dev",metric="MRR@10"\} 0.9$/m);
  expect(text).toMatch(/^agro_reranker_margin_abs_count\{.*\} 1$/m);
});

test("each metric's type and name follow the rules of Prometheus", async () => {
  const text = await newMetrics().text();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
  const helped = [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name]) => name);
  expect(types.map(([name]) => name)).toEqual(helped);
  for (const [name, type] of types) {
    expect(name?.endsWith('_total'), `${name} ${type}`).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$|_abs$/);
  }
});

test('there is one live model', async () => {
  const metrics = newMetrics();
  metrics.live({ ...model, model: 'm1' });
  metrics.live({ ...model, model: 'm2' });
  const lines = (await metrics.text())
    .split('\n')
    .filter((line) => /^agro_model_info\{/.test(line));
  expect(lines).toEqual([
    'agro_model_info{provider="local-learning",model="m2",loss="BinaryCrossEntropyLoss"} 1',
  ]);
});

test('the last measured models have series, and the oldest have none', async () => {
  const metrics = newMetrics();
  for (let at = 1; at <= 60; at++) {
    const one = { ...model, model: `m${at}`, loss: `Loss${at % 4}` };
    metrics.live(one);
    metrics.rerank({ ...one, dialect: 'api', outcome: 'ok', seconds: 0.1, pairs: 3 });
    for (const split of ['dev', 'test'] as const) {
      const measured = Object.fromEntries(
        ['MRR@10', 'NDCG@10', 'MAP', 'Recall@10', 'P@1', 'MRR'].map((name) => [name, 0.5]),
      );
      metrics.evaluation({ ...one, split, metrics: measured, margin });
    }
  }
  const text = await metrics.text();
  expect(text.split('\n').filter((line) => /^agro_/.test(line)).length).toBeLessThan(350);
  expect(text).toMatch(/agro_model_info\{[^}]*model="m60"/);
  expect(text).toMatch(/agro_rr_mrr\{[^}]*model="m60"/);
  expect(text).not.toMatch(/model="m1"/);
});

test('an evaluation from before this process sets gauges and is not counted', async () => {
  const metrics = newMetrics();
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin, isOld: true });
  const text = await metrics.text();
  expect(text).toMatch(/agro_rr_mrr\{[^}]*\} 0.4/);
  expect(text).toMatch(/agro_reranker_margin_latest\{[^}]*\} -0.04/);
  expect(text).not.toMatch(/agro_reranker_winner_total\{/);
});
