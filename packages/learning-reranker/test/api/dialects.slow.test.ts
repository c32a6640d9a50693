import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCohere } from '@ai-sdk/cohere';
import { CohereRerank } from '@llamaindex/cohere';
import { Document } from '@llamaindex/core/schema';
import { rerank } from 'ai';
import { CohereClient, CohereClientV2 } from 'cohere-ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VoyageAIClient } from 'voyageai';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { startTestService, type TestService } from './running-service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService('embedded');
});
afterAll(() => service.close());

const query = 'sky';
const documents = ['red', 'blue', 'green', 'blue sky'];
const falls = (scores: readonly number[]) =>
  scores.every((score, at) => at === 0 || score <= (scores[at - 1] ?? 1));

describe("the vendors' own clients", () => {
  test('cohere-ai, version 2', async () => {
    const client = new CohereClientV2({ environment: service.url, token: 'any' });
    const answer = await client.rerank({ model: 'rerank-v3.5', query, documents, topN: 3 });
    expect(answer.results).toHaveLength(3);
    expect(falls(answer.results.map(({ relevanceScore }) => relevanceScore))).toBe(true);
    for (const { index, relevanceScore } of answer.results) {
      expect(documents[index]).toBeDefined();
      expect(relevanceScore).toBeGreaterThan(0);
      expect(relevanceScore).toBeLessThan(1);
    }
    expect(answer.meta?.apiVersion?.version).toBe('2');
    // What it showed can be clicked on.
    const click = { event_id: answer.id, doc_id: String(answer.results[0]?.index) };
    expect((await service.call('POST', '/api/click', click)).body).toMatchObject({ accepted: 1 });
  });

  test('cohere-ai, version 1, which accepts objects and returns texts', async () => {
    const client = new CohereClient({ environment: `${service.url}/cohere`, token: 'any' });
    const answer = await client.rerank({
      query,
      documents: documents.map((text) => ({ text })),
      returnDocuments: true,
    });
    expect(answer.results).toHaveLength(4);
    for (const { index, document } of answer.results) expect(document?.text).toBe(documents[index]);
  });

  test('cohere-ai shows the message of an error', async () => {
    const client = new CohereClientV2({ environment: service.url, token: 'any', maxRetries: 0 });
    await expect(client.rerank({ model: 'm', query, documents: [] })).rejects.toMatchObject({
      statusCode: 400,
      body: { message: expect.stringContaining('documents') },
    });
  });

  test('voyageai', async () => {
    const client = new VoyageAIClient({ environment: `${service.url}/voyage/v1`, apiKey: 'any' });
    const answer = await client.rerank({
      model: 'rerank-2.5',
      query,
      documents,
      topK: 2,
      returnDocuments: true,
    });
    expect(answer.data).toHaveLength(2);
    for (const { index, document } of answer.data ?? []) {
      expect(document).toBe(documents[index ?? -1]);
    }
    expect(answer.usage?.totalTokens).toBeGreaterThan(0);
  });

  test('the AI SDK, with the address of its Cohere provider changed', async () => {
    const provider = createCohere({ baseURL: `${service.url}/v2`, apiKey: 'any' });
    const { ranking } = await rerank({
      model: provider.reranking('live'),
      query,
      documents,
      topN: 3,
    });
    expect(ranking).toHaveLength(3);
    expect(falls(ranking.map(({ score }) => score))).toBe(true);
    for (const { originalIndex, document } of ranking) {
      expect(document).toBe(documents[originalIndex]);
    }
  });

  test('LlamaIndex.TS, with the address of its Cohere postprocessor changed', async () => {
    const postprocessor = new CohereRerank({ baseUrl: service.url, apiKey: 'any', topN: 2 });
    const nodes = documents.map((text) => ({ node: new Document({ text }), score: 0.5 }));
    const reranked = await postprocessor.postprocessNodes(nodes, query);
    expect(reranked).toHaveLength(2);
    expect(falls(reranked.map(({ score }) => score ?? -1))).toBe(true);
    for (const { node } of reranked) expect(documents).toContain((node as Document).text);
  });
});

describe('shapes', () => {
  test('every dialect gives the same scores', async () => {
    const scores = new Map<string, number[]>();
    const byIndex = (rows: { index: number }[], key: string) =>
      documents.map((_, at) => (rows.find(({ index }) => index === at) as never)?.[key]);
    for (const path of ['/v2/rerank', '/v1/rerank', '/jina/v1/rerank', '/rerank']) {
      const { body } = await service.call('POST', path, { query, documents });
      scores.set(path, byIndex(body.results, 'relevance_score'));
    }
    const voyage = await service.call('POST', '/voyage/v1/rerank', { query, documents });
    scores.set('voyage', byIndex(voyage.body.data, 'relevance_score'));
    const tei = await service.call('POST', '/tei/rerank', { query, texts: documents });
    scores.set('tei', byIndex(tei.body, 'score'));
    const own = await service.call('POST', '/api/rerank', { query, documents });
    scores.set('own', byIndex(own.body.results, 'relevance_score'));
    for (const [path, values] of scores) {
      values.forEach((value, at) => {
        expect(value, path).toBeCloseTo(scores.get('own')?.[at] ?? 0, 5);
      });
    }
  });

  test('jina returns texts by default, version 1 only on request', async () => {
    const jina = await service.call('POST', '/jina/v1/rerank', { model: 'm', query, documents });
    expect(jina.body.results[0].document.text).toBe(documents[jina.body.results[0].index]);
    expect(jina.body.usage.total_tokens).toBe(jina.body.usage.prompt_tokens);
    const plain = await service.call('POST', '/v1/rerank', { query, documents });
    expect(plain.body.results[0].document).toBeUndefined();
    expect(plain.body).toMatchObject({ id: expect.any(String), model: 'starter' });
  });

  test('TEI: raw scores are logits, and scores are their sigmoid', async () => {
    const raw = await service.call('POST', '/tei/rerank', {
      query,
      texts: documents,
      raw_scores: true,
      return_text: true,
    });
    const scored = await service.call('POST', '/tei/rerank', { query, texts: documents });
    expect(raw.body.map(({ index }: { index: number }) => index)).toEqual(
      scored.body.map(({ index }: { index: number }) => index),
    );
    raw.body.forEach((row: { index: number; score: number; text: string }, at: number) => {
      expect(1 / (1 + Math.exp(-row.score))).toBeCloseTo(scored.body[at].score, 5);
      expect(row.text).toBe(documents[row.index]);
    });
    const info = await service.call('GET', '/tei/info');
    expect(info.body).toMatchObject({ model_id: 'starter', max_input_length: 32 });
  });

  test.each([[[]], [null], ['123'], [123], [[1, 2, 3]], [undefined]])(
    'documents %j are refused in the error format of each dialect',
    async (given) => {
      const body = { query, documents: given, texts: given };
      const cohere = await service.call('POST', '/v2/rerank', body);
      expect(cohere).toMatchObject({ status: 400, body: { message: expect.any(String) } });
      const voyage = await service.call('POST', '/voyage/v1/rerank', body);
      expect(voyage).toMatchObject({ status: 400, body: { detail: expect.any(String) } });
      const tei = await service.call('POST', '/tei/rerank', body);
      const isEmpty = Array.isArray(given) && given.length === 0;
      expect(tei).toMatchObject(
        isEmpty
          ? { status: 400, body: { error_type: 'Empty' } }
          : { status: 422, body: { error_type: 'Validation' } },
      );
    },
  );

  test('a pair that is too long is truncated, or refused without logging if truncation is off', async () => {
    const long = [...documents, 'blue sky '.repeat(100)];
    const tei = { query, texts: long };
    expect((await service.call('POST', '/tei/rerank', tei)).body).toHaveLength(5);
    expect((await service.call('POST', '/tei/rerank', { ...tei, truncate: true })).status).toBe(
      200,
    );
    const voyage = { query, documents: long };
    expect((await service.call('POST', '/voyage/v1/rerank', voyage)).status).toBe(200);
    const refused = await service.call('POST', '/tei/rerank', { ...tei, truncate: false });
    expect(refused).toMatchObject({ status: 422, body: { error_type: 'Validation' } });
    expect(refused.headers.get('x-event-id')).toBeNull();
    expect(
      await service.call('POST', '/voyage/v1/rerank', { ...voyage, truncation: false }),
    ).toMatchObject({ status: 400, body: { detail: expect.stringContaining('1 pairs') } });
  });

  test('a request to truncate texts at their beginning is refused', async () => {
    const body = { query, texts: documents };
    const right = await service.call('POST', '/tei/rerank', {
      ...body,
      truncation_direction: 'right',
    });
    expect(right.status).toBe(200);
    const left = await service.call('POST', '/tei/rerank', {
      ...body,
      truncation_direction: 'Left',
    });
    expect(left).toMatchObject({ status: 422, body: { error: expect.stringContaining('right') } });
  });

  test('more results than documents are not an error', async () => {
    const { body } = await service.call('POST', '/v1/rerank', { query, documents, top_n: 99 });
    expect(body.results).toHaveLength(4);
  });
});

describe('documents that are objects', () => {
  const rich = [
    { title: 'red', body: 'blood', price: 3, text: 7 },
    { title: 'blue', body: 'sky' },
  ];
  const scores = (body: { results: { index: number; relevance_score: number }[] }) =>
    [...body.results]
      .sort((a, b) => a.index - b.index)
      .map(({ relevance_score }) => relevance_score);

  test('are read by their rank_fields in that order, and returned whole', async () => {
    const { call } = service;
    const { body } = await call('POST', '/v1/rerank', {
      query,
      documents: rich,
      rank_fields: ['title', 'price', 'body'],
      return_documents: true,
    });
    const texts = ['red\n3\nblood', 'blue\nsky'];
    const plain = await call('POST', '/v1/rerank', { query, documents: texts });
    expect(scores(body)).toEqual(scores(plain.body));
    for (const { index, document } of body.results) {
      expect(document).toEqual({ ...rich[index], text: texts[index] });
    }
  });

  test('are read by their text if no fields are named', async () => {
    const { body } = await service.call('POST', '/jina/v1/rerank', {
      query,
      documents: ['red', { text: 'blue', id: 5 }],
    });
    const plain = await service.call('POST', '/v1/rerank', { query, documents: ['red', 'blue'] });
    expect(scores(body)).toEqual(scores(plain.body));
    expect(body.results.map(({ document }: { document: object }) => document)).toContainEqual({
      text: 'blue',
      id: 5,
    });
  });

  test.each([
    [{ documents: ['a', { title: 'b' }] }, 'documents.1.text'],
    [{ documents: rich, rank_fields: ['nothing', 'toString'] }, 'documents.0.nothing'],
    [{ documents: rich, rank_fields: [] }, 'rank_fields'],
    [{ documents: ['a', null] }, 'documents.1'],
  ])('without text are refused, with the name of the field: %j', async (given, field) => {
    const answer = await service.call('POST', '/v1/rerank', { query, ...given });
    expect(answer).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining(field) },
    });
  });
});

describe('documents that are nested', () => {
  const nested = (levels: number) =>
    `{"query":"sky","documents":["red",${'{"text":"blue","a":'.repeat(levels)}1${'}'.repeat(levels)}],"return_documents":true}`;

  test.each(['/v1/rerank', '/rerank', '/cohere/v1/rerank', '/jina/v1/rerank'])(
    'are returned up to a hundred levels, and refused beyond, with the name of the field: %s',
    async (path) => {
      const { status, body } = await service.call('POST', path, nested(100));
      expect([status, body.results.length]).toEqual([200, 2]);
      for (const levels of [101, 8000]) {
        expect(await service.call('POST', path, nested(levels))).toMatchObject({
          status: 400,
          body: { message: expect.stringMatching(/^documents\.1: .*100 levels/) },
        });
      }
    },
  );
});

describe('other settings', () => {
  test('without a reranker, the response keeps the order and gives the reason', async () => {
    const none = await startTestService('embedded', { backend: 'none', topN: 2 });
    try {
      for (const path of ['/v2/rerank', '/v1/rerank', '/cohere/v2/rerank', '/jina/v1/rerank']) {
        const { body } = await none.call('POST', path, { query, documents });
        // As many as are set, where the request does not say.
        expect(body.results.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
        expect(body.meta.warnings).toEqual([expect.stringContaining('no model')]);
        const all = await none.call('POST', path, { query, documents, top_n: 0 });
        expect(all.body.results).toHaveLength(4);
      }
      const scored = documents.map((text, at) => ({ text, score: 7 + at }));
      const own = await none.call('POST', '/api/rerank', { query, documents: scored });
      expect(own.body).toMatchObject({ backend: 'none', model: null, degraded: false });
      expect(own.body.results).toEqual([
        { index: 0, score: 1, relevance_score: null },
        { index: 1, score: 0.75, relevance_score: null },
      ]);
      const voyage = await none.call('POST', '/voyage/v1/rerank', { query, documents });
      expect(voyage.body.data).toHaveLength(2);
      // TEI scores every text.
      const tei = await none.call('POST', '/tei/rerank', { query, texts: documents });
      expect(tei.body).toHaveLength(4);
      expect(tei.headers.get('x-model-version')).toBe('none');
      const raw = { query, texts: documents, raw_scores: true };
      expect(await none.call('POST', '/tei/rerank', raw)).toMatchObject({
        status: 422,
        body: { error: expect.stringMatching(/^raw_scores: .*without a model/) },
      });
    } finally {
      await none.close();
    }
  });

  test('with the cloud backend, requests for raw scores or without truncation are refused', async () => {
    const cloud = await startTestService('embedded', { backend: 'cloud' });
    try {
      const body = { query, texts: documents };
      const raw = await cloud.call('POST', '/tei/rerank', { ...body, raw_scores: true });
      expect(raw).toMatchObject({ status: 422, body: { error_type: 'Validation' } });
      const scored = await cloud.call('POST', '/tei/rerank', body);
      expect(scored.headers.get('x-degraded')).toBe('cloud-not-set-up');
      // Nor does it say what it cuts.
      expect(await cloud.call('POST', '/tei/rerank', { ...body, truncate: false })).toMatchObject({
        status: 422,
        body: { error: expect.stringMatching(/^truncate: /), error_type: 'Validation' },
      });
      const voyage = { query, documents, truncation: false };
      expect(await cloud.call('POST', '/voyage/v1/rerank', voyage)).toMatchObject({
        status: 400,
        body: { detail: expect.stringMatching(/^truncation: /) },
      });
    } finally {
      await cloud.close();
    }
  });

  test('without a model, raw scores are refused with the reason, and the list is not logged', async () => {
    const late = await startTestService('embedded', { modelPath: 'nowhere' });
    try {
      const raw = { query, texts: documents, raw_scores: true };
      const refused = await late.call('POST', '/tei/rerank', raw);
      expect(refused).toMatchObject({
        status: 503,
        body: { error: expect.stringContaining('model-unavailable'), error_type: 'Backend' },
      });
      expect(refused.headers.get('x-event-id')).toBeNull();
      const kept = async () => (await late.call('GET', '/api/reranker/logs')).body.count;
      expect(await kept()).toBe(0);
      const scored = await late.call('POST', '/tei/rerank', { query, texts: documents });
      expect([scored.status, await kept()]).toEqual([200, 1]);
    } finally {
      await late.close();
    }
  });

  test('a model can be a folder with any characters in its name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'modèle 模型 '));
    await tinyModel().save(folder, { replace: true });
    const named = await startTestService('embedded', { modelPath: folder });
    try {
      const { status, headers } = await named.call('POST', '/v2/rerank', { query, documents });
      expect([status, decodeURI(headers.get('x-model-version') ?? '')]).toEqual([200, folder]);
    } finally {
      await named.close();
      await rm(folder, { recursive: true });
    }
  });
});

describe('deadlines and blending', () => {
  test('after the deadline, the response has the original order and is marked as degraded', async () => {
    const long = Array.from({ length: 3000 }, (_, at) => `${at} blue sky green grass ${at}`);
    const answer = await service.call('POST', '/api/rerank', {
      query,
      documents: long,
      deadline_ms: 1,
    });
    expect(answer.body).toMatchObject({ degraded: true, reason: 'deadline', model: null });
    expect(answer.headers.get('x-degraded')).toBe('deadline');
    expect(answer.body.results.map(({ index }: { index: number }) => index)).toEqual(
      long.map((_, at) => at),
    );
    expect((await service.call('GET', '/metrics')).body).toContain(
      'agro_rerank_degraded_total{reason="deadline"} 1',
    );
  });

  test('search scores are blended with the weight alpha, and ids are returned', async () => {
    const given = documents.map((text, at) => ({ id: `doc-${at}`, text, score: at }));
    const search = await service.call('POST', '/api/rerank', { query, documents: given, alpha: 0 });
    expect(search.body.results.map(({ id }: { id: string }) => id)).toEqual([
      'doc-3',
      'doc-2',
      'doc-1',
      'doc-0',
    ]);
    const model = await service.call('POST', '/api/rerank', { query, documents: given, alpha: 1 });
    for (const { score, relevance_score } of model.body.results) {
      expect(score).toBeCloseTo(relevance_score, 6);
    }
  });
});
