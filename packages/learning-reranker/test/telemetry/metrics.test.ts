import { expect, test } from 'vitest';
import { Metrics } from '../../src/telemetry/index.js';

const model = { provider: 'local-learning', model: 'm1', loss: 'BinaryCrossEntropyLoss' } as const;
const margin = { mean: -0.04, lower: -0.06, upper: -0.02 };

test('an evaluation is told with the loss that made the model', async () => {
  const metrics = new Metrics({ emitMargins: true });
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

test('margins are left out where they are switched off', async () => {
  const metrics = new Metrics({ emitMargins: false });
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin });
  const text = await metrics.text();
  expect(text).toContain('agro_rr_mrr{');
  expect(text).not.toMatch(/agro_reranker_(?:margin_latest|margin_abs|winner_total)\w*\{/);
});

test('names without end make no series without end', async () => {
  const metrics = new Metrics({ emitMargins: true });
  for (let at = 0; at < 10_000; at++) {
    const odd = { provider: 'local-learning', model: `m${at}`, loss: `Loss${at}` };
    metrics.rerank({
      ...odd,
      dialect: 'api',
      outcome: 'degraded',
      seconds: 0.1,
      degradedReason: `r${at}`,
    });
    metrics.evaluation({ ...odd, split: 'test', metrics: { [`M${at}`]: 1, 'MRR@10': 1 }, margin });
    metrics.judgments({ [`label${at}`]: at });
    metrics.live(odd);
  }
  const series = (await metrics.text()).split('\n').filter((line) => /^agro_/.test(line));
  expect(series.length).toBeLessThan(500);
});

test('the live model is one', async () => {
  const metrics = new Metrics({ emitMargins: true });
  metrics.live({ ...model, model: 'm1' });
  metrics.live({ ...model, model: 'm2' });
  const lines = (await metrics.text())
    .split('\n')
    .filter((line) => /^agro_model_info\{/.test(line));
  expect(lines).toEqual([
    'agro_model_info{provider="local-learning",model="m2",loss="BinaryCrossEntropyLoss"} 1',
  ]);
});

test('the newest models have series, those not heard of for longest have none', async () => {
  const metrics = new Metrics({ emitMargins: true });
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

test('what is from before this process says how things stand, and is not counted', async () => {
  const metrics = new Metrics({ emitMargins: true });
  metrics.evaluation({ ...model, split: 'test', metrics: { 'MRR@10': 0.4 }, margin, isOld: true });
  const text = await metrics.text();
  expect(text).toMatch(/agro_rr_mrr\{[^}]*\} 0.4/);
  expect(text).toMatch(/agro_reranker_margin_latest\{[^}]*\} -0.04/);
  expect(text).not.toMatch(/agro_reranker_winner_total\{/);
});
