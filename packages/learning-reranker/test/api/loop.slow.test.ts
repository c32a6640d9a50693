import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLoss } from '@learning-reranker/cross-encoder';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnDatabases } from '../database/databases.js';
import { startTestService, type TestService } from './running-service.js';

const COLOURS = {
  sky: 'blue',
  sea: 'blue',
  grass: 'green',
  leaf: 'green',
  blood: 'red',
  rose: 'red',
};
const letters = 'abcdefghijklmnopqrstuvwxyz';
const word = (at: number) =>
  [at, Math.floor(at / 26), at * 7, at * 11].map((one) => letters[one % 26]).join('');

/** A search for the colour of a thing, all three colours shown in any order; the right one is clicked. */
function search(at: number) {
  const [thing, colour] = Object.entries(COLOURS)[at % 6] as [string, string];
  const noise = word(at);
  const documents = ['red', 'green', 'blue'].map((name) => ({
    id: `${name}-${noise}`,
    text: `${name} ${noise}`,
  }));
  const order = [...documents.slice(at % 3), ...documents.slice(0, at % 3)];
  return {
    event: {
      event_id: `search-${at}`,
      query: `${noise} ${thing} ${letters[at % 26]}${letters[(at * 7) % 26]}q`,
      documents: order,
      client_id: `client-${at % 40}`,
    },
    click: { event_id: `search-${at}`, document_id: `${colour}-${noise}`, kind: 'click' },
  };
}

describeOnDatabases('the loop on the %s database', (kind) => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService(kind, { enableMarginMse: true });
  });
  afterAll(() => service.close());

  test('a model trained from clicks goes live without a restart and can be rolled back', async () => {
    const { call, ended } = service;
    const all = Array.from({ length: 400 }, (_, at) => search(at));
    const events = await call('POST', '/api/events', { events: all.map(({ event }) => event) });
    expect(events).toMatchObject({ status: 200, body: { accepted: 400, duplicates: 0 } });
    const said = await call(
      'POST',
      '/api/feedback',
      all.map(({ click }) => click),
    );
    expect(said.body).toMatchObject({ accepted: 400 });
    expect((await call('GET', '/api/reranker/logs/count')).body).toMatchObject({
      searches: 400,
      by_kind: { click: 400 },
    });

    const before = (await call('GET', '/api/reranker/losses')).body.losses;
    expect(before[0].served_by_data).toMatchObject({
      records: 0,
      can_serve: false,
      reason: expect.stringContaining('no training records yet'),
    });

    const mine = await call('POST', '/api/reranker/mine');
    expect(mine.status).toBe(202);
    const mined = await ended(mine.body.run.id);
    expect(mined).toMatchObject({ status: 'succeeded', error: null });
    expect(mined.result.records).toBeGreaterThan(300);
    expect((await call('GET', '/api/reranker/triplets/count')).body.by_source.feedback).toBe(
      mined.result.records,
    );

    const today = (await call('GET', '/api/reranker/losses')).body.losses;
    expect(today[0].served_by_data).toMatchObject({
      records: mined.result.records,
      can_serve: true,
    });

    const train = await call('POST', '/api/reranker/train', { loss: 'bce', max_steps: 60 });
    const trained = await ended(train.body.run.id);
    expect(trained).toMatchObject({
      status: 'succeeded',
      result: { loss: 'BinaryCrossEntropyLoss', steps: 60 },
    });
    const id = trained.result.model;
    const losses = (await call('GET', '/api/reranker/losses')).body.losses;
    expect(
      losses.map((loss: { name: string; served_by_data: { can_serve: boolean } }) => [
        loss.name,
        loss.served_by_data.can_serve,
      ]),
    ).toEqual([
      ['CrossEntropyLoss', true],
      ['BinaryCrossEntropyLoss', true],
      ['MultipleNegativesRankingLoss', true],
      ['MarginMSELoss', false],
    ]);

    const evaluate = await call('POST', '/api/reranker/evaluate', { model: id });
    const evaluated = await ended(evaluate.body.run.id);
    expect(evaluated.result).toMatchObject({
      model: id,
      loss: 'BinaryCrossEntropyLoss',
      against: 'starter',
    });
    const { metrics } = evaluated.result.systems.find(
      ({ system }: { system: string }) => system === id,
    );
    expect((await call('GET', '/api/reranker/eval/latest')).body).toMatchObject({
      model: id,
      loss: 'BinaryCrossEntropyLoss',
      queries: evaluated.result.queries,
      metrics: { mrr: metrics['MRR@10'].mean, hit_at_5: metrics['Hit@5'].mean },
      intervals: metrics,
    });
    expect((await call('GET', '/api/reranker/status')).body).toMatchObject({
      running: false,
      task: 'evaluating',
      progress: 100,
      queued: 0,
      result: { ok: true },
    });
    expect((await call('GET', '/metrics')).body).toMatch(
      new RegExp(
        `agro_rr_mrr\\{provider="local-learning",model="${id}",loss="BinaryCrossEntropyLoss"\\} `,
      ),
    );

    const promote = await call('POST', '/api/reranker/promote', { model: id, force: true });
    expect(await ended(promote.body.run.id)).toMatchObject({ status: 'succeeded' });
    await liveIs(id);
    const answer = await call('POST', '/api/rerank', {
      query: 'grass',
      documents: [
        { id: 'r', text: 'red' },
        { id: 'g', text: 'green' },
      ],
    });
    expect(answer.body).toMatchObject({
      model: id,
      loss: 'BinaryCrossEntropyLoss',
      run_id: id,
      degraded: false,
    });
    expect(answer.headers.get('x-loss')).toBe('BinaryCrossEntropyLoss');
    expect((await call('GET', '/api/models')).body).toMatchObject({
      live: id,
      models: [{ id, live: true, loss: 'BinaryCrossEntropyLoss' }],
    });

    expect((await call('GET', '/api/reranker/baseline/compare')).status).toBe(404);
    const kept = await call('POST', '/api/reranker/baseline/save');
    expect(kept.body).toMatchObject({ ok: true, baseline: { model: id } });
    const compared = await call('GET', '/api/reranker/baseline/compare');
    expect(compared.body).toMatchObject({
      baseline: { loss: 'BinaryCrossEntropyLoss', mrr: metrics['MRR@10'].mean },
      current: { loss: 'BinaryCrossEntropyLoss', hit1: metrics['Hit@1'].mean },
      delta: { mrr: 0, hit1: 0, 'NDCG@10': 0 },
    });

    expect((await call('POST', '/api/reranker/rollback')).body).toMatchObject({
      ok: true,
      to: 'starter',
    });
    await liveIs('starter');
    expect((await call('GET', '/api/history')).body.history).toMatchObject([
      { action: 'force-promote', to: id, loss: 'BinaryCrossEntropyLoss' },
      { action: 'rollback', to: 'starter' },
    ]);
  });

  /** The pointer is watched: what is live answers soon. */
  async function liveIs(id: string): Promise<void> {
    const current = async () => (await service.call('GET', '/api/reranker/info')).body.model;
    await expect.poll(current, { timeout: 300_000 }).toBe(id);
  }

  test('the service describes its model, and a smoke test reports the result', async () => {
    const { call } = service;
    expect((await call('GET', '/api/reranker/info')).body).toMatchObject({
      enabled: true,
      model_loaded: true,
      metrics_label: 'local-learning:starter',
      path: 'live',
      resolved_path: expect.stringMatching(/starter$/),
      device: 'cpu',
    });
    expect((await call('POST', '/api/reranker/smoketest')).body).toMatchObject({
      ok: true,
      reranked: true,
      model: 'starter',
      results_count: 2,
    });
  });

  test('a changed setting applies at once or from the next start, and the response says which', async () => {
    const { call } = service;
    const change = (body: object) => call('POST', '/api/config', body);
    for (const [body, status, field] of [
      [{ loss: 'mnr' }, 409, 'loss'],
      [{ loss: 'hinge' }, 400, 'loss'],
      [{ alpha: 2 }, 400, 'alpha'],
      [{ cloudApiKey: 'secret' }, 400, 'cloudApiKey'],
      [{ colour: 'red' }, 400, 'colour'],
    ] as const) {
      const refused = await change(body);
      expect([refused.status, refused.body.error.field]).toEqual([status, field]);
    }
    const changed = await change({ loss: 'multiplenegativesrankingloss', enableMnr: true });
    expect(changed.body).toMatchObject({
      applied: ['loss', 'enableMnr'],
      restart: false,
      overruled: [],
    });
    const { losses } = (await call('GET', '/api/reranker/losses')).body;
    expect(
      losses.find(({ is_default: isDefault }: { is_default: boolean }) => isDefault),
    ).toMatchObject({
      alias: 'mnr',
      gate: { enabled: true },
    });
    // Each as the loss itself says, whichever batch is set.
    for (const { name, recommended_batch_size, usual_batch_size } of losses) {
      const { recommended, ...usual } = findLoss(name).batchSize;
      expect({ recommended_batch_size, usual_batch_size }).toEqual({
        recommended_batch_size: recommended,
        usual_batch_size: usual,
      });
    }
    expect((await change({ maxLength: 64 })).body).toMatchObject({
      applied: [],
      restart: true,
      after_restart: ['maxLength'],
    });
    const shown = async (key: string) =>
      (await call('GET', '/api/config')).body.settings.find(
        (one: { key: string }) => one.key === key,
      );
    expect(await shown('loss')).toMatchObject({ source: 'file', counts: 'at once' });
    expect(await shown('maxLength')).toMatchObject({ value: 32, counts: 'from the next start' });
    expect((await change({ loss: null, enableMnr: null })).body.applied).toHaveLength(2);
    expect(await shown('loss')).toMatchObject({ value: 'softmax', source: 'default' });
  });

  test('judgments are previewed with their reasons and exported for other tools', async () => {
    const { call } = service;
    const preview = await call('GET', '/api/judgments/preview?rows=5&click_model=naive');
    expect(preview.body.judgments.length).toBeGreaterThanOrEqual(5);
    expect(preview.body.judgments[0]).toMatchObject({
      label: expect.stringMatching(/^(positive|negative|unsure)$/),
      reason: expect.stringMatching(/click/),
    });
    const { counts, losses } = preview.body;
    expect(counts).toMatchObject({ click_model: 'naive', corrected: 0 });
    const rows = Object.fromEntries(
      losses.map(({ loss, rows }: { loss: string; rows: number }) => [loss, rows]),
    );
    expect(rows.MultipleNegativesRankingLoss).toBe(preview.body.records);
    expect(rows.BinaryCrossEntropyLoss).toBeGreaterThan(rows.MultipleNegativesRankingLoss);
    const strict = await call('GET', '/api/judgments/preview?minimum_clicks=100000');
    expect(strict.body.counts.judgments.positive).toBeLessThan(counts.judgments.positive);
    const lines = async (format: string) => {
      const { status, body } = await call('GET', `/api/judgments/export/${format}`);
      expect(status, format).toBe(200);
      return String(body).trim().split(/\r?\n/);
    };
    expect((await lines('qrels'))[0]).toMatch(/^\S+ 0 \S+ [0-3]$/);
    expect((await lines('csv'))[0]).toBe('grade,query,docid,reason');
    expect((await lines('triples'))[0]?.split('\t')).toHaveLength(3);
    expect(JSON.parse((await lines('sbert-pairs'))[0] ?? '')).toMatchObject({ label: 1 });
    expect(JSON.parse((await lines('sbert-tuples'))[0] ?? '')).toHaveProperty('positive');
    expect((await call('GET', '/api/judgments/export/nonsense')).status).toBe(400);
  });

  test('mining adds teacher scores to the records for MarginMSELoss', async () => {
    const mine = await service.call('POST', '/api/reranker/mine', {
      source: 'feedback',
      teacher: 'starter',
    });
    const mined = await service.ended(mine.body.run.id);
    expect(mined).toMatchObject({ status: 'succeeded' });
    expect(mined.result.asked_of_teacher).toBeGreaterThan(0);
    const { losses } = (await service.call('GET', '/api/reranker/losses')).body;
    expect(losses).toHaveLength(4);
    const again = await service.call('POST', '/api/reranker/mine', {
      source: 'feedback',
      teacher: 'starter',
    });
    expect((await service.ended(again.body.run.id)).result.asked_of_teacher).toBe(0);
  });

  test('events of a job are streamed, and continue after the last event read', async () => {
    const train = await service.call('POST', '/api/reranker/train', {
      loss: 'softmax',
      max_steps: 30,
    });
    const { id } = train.body.run;
    const read = async (headers: Record<string, string> = {}) => {
      const response = await fetch(`${service.url}/api/runs/${id}/events`, { headers });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const blocks = (await response.text()).split('\n\n').filter((one) => one.startsWith('id:'));
      return blocks.map((block) => ({
        id: /^id: (\d+)$/m.exec(block)?.[1] ?? '',
        type: /^event: (.+)$/m.exec(block)?.[1],
        data: JSON.parse(/^data: (.+)$/m.exec(block)?.[1] ?? 'null'),
      }));
    };
    const events = await read();
    expect(events.at(0)?.type).toBe('dataset');
    expect(events.at(-1)).toMatchObject({ type: 'ended', data: { outcome: 'succeeded' } });
    const steps = events.filter(({ type }) => type === 'step');
    expect(steps.at(-1)?.data).toMatchObject({ loss_name: 'CrossEntropyLoss', step: 30 });
    const rest = await read({ 'last-event-id': events[2]?.id ?? '' });
    expect(rest).toEqual(events.slice(3));
    const all = await fetch(`${service.url}/api/runs/${id}/events`, {
      headers: { 'last-event-id': events.at(-1)?.id ?? '' },
    });
    expect(all.status).toBe(204);
  });

  test('the progress of a cycle never decreases', async () => {
    const made = await service.call('POST', '/api/reranker/cycle', {
      train: { loss: 'bce', max_steps: 20 },
    });
    const seen: number[] = [];
    for (;;) {
      const { body } = await service.call('GET', `/api/runs/${made.body.run.id}`);
      seen.push(body.progress);
      if (body.finished !== null) break;
      expect(body.progress).toBeLessThan(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test('a cancelled training stops and leaves no model', async () => {
    const before = (await service.call('GET', '/api/models')).body.models.length;
    const train = await service.call('POST', '/api/reranker/train', { loss: 'bce', epochs: 100 });
    const { id } = train.body.run;
    for (;;) {
      const { body } = await service.call('GET', `/api/runs/${id}`);
      if (body.progress > 0) break;
    }
    expect((await service.call('POST', `/api/runs/${id}/cancel`)).status).toBe(202);
    expect(await service.ended(id)).toMatchObject({ status: 'cancelled' });
    expect((await service.call('GET', '/api/models')).body.models).toHaveLength(before);
    expect((await service.call('POST', `/api/runs/${id}/cancel`)).status).toBe(409);
  });

  test('erasing a user also removes the training records mined from them', async () => {
    const { call, ended } = service;
    const words = 'what only this person would ask';
    const documents = [
      { id: 'erased.ts', text: 'function onlyShownToThem() {}' },
      { id: 'other.ts', text: 'function other() {}' },
    ];
    await call('POST', '/api/events', {
      event_id: 'erase',
      query: words,
      user_id: 'u8',
      documents,
    });
    await call('POST', '/api/feedback', {
      event_id: 'erase',
      kind: 'thumbsup',
      document_id: 'erased.ts',
    });
    const mined = await call('POST', '/api/reranker/mine', { source: 'feedback' });
    expect((await ended(mined.body.run.id)).status).toBe('succeeded');
    const files = ['triplets.jsonl', join('corpus', 'feedback.jsonl')];
    const content = async () =>
      (
        await Promise.all(files.map((file) => readFile(join(service.dataDir, file), 'utf8')))
      ).join();
    expect(await content()).toContain(words);
    const { body } = await call('DELETE', '/api/users/u8');
    expect(body).toMatchObject({ ok: true, searches: 1, feedback: 1, mined_records: 1 });
    expect(await content()).not.toMatch(/only this person|onlyShownToThem/);
  });

  test('a failed job gives the reason', async () => {
    const { call, ended } = service;
    const file = { format: 'log', path: 'package.json' };
    const made = await call('POST', '/api/reranker/import', file);
    expect(await ended(made.body.run.id)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('not valid JSON'),
    });
  });

  test.each([
    ['promote', { model: 'nowhere' }, 404, 'model'],
    ['promote', { model: 'starter' }, 409, 'model'],
    ['evaluate', { against: 'nowhere' }, 404, 'against'],
    ['evaluate', { dataset: 'deadbeef' }, 404, 'dataset'],
    ['train', { base: 'nowhere' }, 404, 'base'],
    ['train', { dataset: 'deadbeef' }, 404, 'dataset'],
    ['train', { loss: 'bce', loss_parameters: { weight: 4 } }, 400, 'loss_parameters'],
    ['train', { loss: 'bce', loss_parameters: { posWeight: 'four' } }, 400, 'loss_parameters'],
    ['mine', { teacher: 'nowhere' }, 404, 'teacher'],
    ['mine', { teacher: 'cloud' }, 409, 'teacher'],
    ['cycle', { train: { dataset: 'deadbeef' } }, 404, 'train.dataset'],
    ['cycle', { mine: { teacher: 'cloud' } }, 409, 'mine.teacher'],
    ['cycle', { train: { loss: 'margin-mse' } }, 409, 'mine.teacher'],
    ['schedule', { kind: 'train', request: { loss: 'nope' } }, 400, 'request.loss'],
    ['schedule', { kind: 'train', request: { loss: 'mnr' } }, 409, 'request.loss'],
    ['schedule', { cron: '* * * * * *' }, 400, 'cron'],
    ['schedule', { cron: '0 0 31 2 *' }, 400, 'cron'],
  ])('%s %o, which can never succeed, is refused with %i', async (path, body, status, field) => {
    const answer = await service.call('POST', `/api/reranker/${path}`, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error.field).toBe(field);
  });

  test('a second equal schedule is refused', async () => {
    const schedule = { cron: '7 4 * * *', kind: 'mine', request: { source: 'feedback' } };
    const first = await service.call('POST', '/api/reranker/schedule', schedule);
    expect(first.status).toBe(201);
    expect((await service.call('POST', '/api/reranker/schedule', schedule)).status).toBe(409);
    await service.call('DELETE', `/api/reranker/schedule/${first.body.id}`);
  });
});
