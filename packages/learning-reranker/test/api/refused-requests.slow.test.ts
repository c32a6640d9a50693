import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dialects } from '../../src/api/dialects/index.js';
import { registerRoutes } from '../../src/api/routes/index.js';
import { createServer } from '../../src/api/server.js';
import { promote as makeLive, rollback } from '../../src/registry/index.js';
import { makeModel } from '../registry/model-folder.js';
import { openContext } from './service-context.js';

let context: Awaited<ReturnType<typeof openContext>>;
let app: FastifyInstance;
beforeAll(async () => {
  context = await openContext();
  app = await createServer({ context, version: 'test', dialects, routes: registerRoutes });
});
afterAll(async () => {
  await app.close();
  await context.close();
});

async function post(url: string, body: object | string) {
  const headers = { host: 'localhost', 'content-type': 'application/json' };
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, body: answer.json() };
}

describe('a query without text', () => {
  const documents = ['a'];
  test.each([
    ['no character', ''],
    ['blanks', '  \t\n'],
    ['what no database takes', '\0'],
    ['blanks where it would be cut', `${' '.repeat(10_000)}a`],
  ])('%s is refused everywhere', async (_name, query) => {
    for (const [path, body, status] of [
      ['/v2/rerank', { query, documents }, 400],
      ['/v1/rerank', { query, documents }, 400],
      ['/jina/v1/rerank', { query, documents }, 400],
      ['/voyage/v1/rerank', { query, documents }, 400],
      ['/tei/rerank', { query, texts: documents }, 422],
      ['/api/rerank', { query, documents }, 400],
      ['/api/events', { query, documents: [{ id: 'a' }] }, 400],
      ['/api/reranker/smoketest', { query }, 400],
    ] as const) {
      const answer = await post(path, body);
      expect([answer.status, JSON.stringify(answer.body)], path).toEqual([
        status,
        expect.stringMatching(/query: (expected a query|Too big)/),
      ]);
    }
  });
});

describe('an error in a row of UBI has the field name of UBI', () => {
  const query = { query_id: 'q', user_query: 'a', query_response_hit_ids: ['x', 'y'] };
  const event = {
    action_name: 'click',
    query_id: 'q',
    event_attributes: { object: { object_id: 'x' } },
  };
  test.each([
    ['queries', query, { user_query: ' ' }, 'user_query'],
    ['queries', query, { query_id: 'with blanks' }, 'query_id'],
    ['queries', query, { client_id: 'with blanks' }, 'client_id'],
    ['queries', query, { timestamp: '2999-01-01' }, 'timestamp'],
    ['queries', query, { query_response_hit_ids: ['x', ''] }, 'query_response_hit_ids.1'],
    ['events', event, { query_id: 'with blanks' }, 'query_id'],
    ['events', event, { timestamp: '2999-01-01' }, 'timestamp'],
    [
      'events',
      event,
      { event_attributes: { object: { object_id: 'x'.repeat(501) } } },
      'event_attributes.object.object_id',
    ],
  ])('%s: %#', async (kind, good, wrong, field) => {
    const bad = { ...good, ...wrong };
    const said = (one: string) => ({
      status: 400,
      body: { error: { field: one, message: expect.stringMatching(`^${one}: `) } },
    });
    expect(await post(`/api/ubi/${kind}`, bad)).toMatchObject(said(field));
    expect(await post(`/api/ubi/${kind}`, [good, bad])).toMatchObject(said(`1.${field}`));
    expect((await post(`/api/ubi/${kind}`, [good, good])).status).toBe(200);
  });
});

describe('a field and its older name with different values are refused', () => {
  const said = { event_id: 'e', document_id: 'a' };
  test.each([
    ['/api/feedback', { ...said, kind: 'thumbsup', signal: 'thumbsdown' }, 'signal'],
    ['/api/feedback', { ...said, kind: 'click', doc_id: 'b' }, 'doc_id'],
    ['/api/click', { ...said, doc_id: 'b' }, 'doc_id'],
  ])('%s %j', async (path, body, field) => {
    expect(await post(path, body)).toMatchObject({
      status: 400,
      body: { error: { field, message: expect.stringContaining('send only one of them') } },
    });
    const agreeing = { ...said, doc_id: 'a' };
    const both = { ...agreeing, kind: 'click', signal: 'click' };
    expect((await post(path, path === '/api/click' ? agreeing : both)).status).toBe(200);
  });
});

describe('a promotion that can only fail is refused at once', () => {
  const id = '20260102T030405Z-softmax';
  test.each([true, false])('forced: %s', async (force) => {
    const { dataDir } = context.settings;
    const promote = (model: string) => post('/api/reranker/promote', { model, force });
    const refused = (status: number, code: string, message: RegExp) => ({
      status,
      body: { error: { code, message: expect.stringMatching(message), field: 'model' } },
    });
    await makeModel(dataDir, id);
    expect((await promote(id)).status).toBe(202);
    await makeLive(dataDir, id, { reason: 'a test' });
    expect(await promote(id)).toMatchObject(refused(409, 'conflict', /live already/));
    await rollback(dataDir);
    await writeFile(join(dataDir, 'models', id, 'model.safetensors'), 'other weights');
    expect(await promote(id)).toMatchObject(
      refused(409, 'conflict', /does not match the manifest/),
    );
    expect(await promote('starter')).toMatchObject(refused(409, 'conflict', /rollback/));
    expect(await promote('nothing')).toMatchObject(refused(404, 'not_found', /no model/));
  });
});

describe('an invalid request for a job names the field', () => {
  const outside = { code: 'invalid_request', message: /SOURCE_ROOTS/ };
  const noLoss = { code: 'invalid_request', message: /Unknown loss/ };
  const flag = { code: 'feature_disabled', message: /AGRO_RERANKER_ENABLE_MNR=1/ };
  const unknown = { code: 'invalid_request', message: /unknown field/ };
  const noModel = { code: 'not_found', message: /no model/ };
  const feedback = { source: 'feedback', teacher: 'nothing' };
  test.each([
    ['mine', { source: 'code', folders: ['.', '/'] }, 'folders.1', outside],
    ['mine', { source: 'evaluation', corpus: ['/'] }, 'corpus.0', outside],
    ['mine', { source: 'sbert', path: '/' }, 'path', outside],
    ['mine', feedback, 'teacher', noModel],
    ['import', { format: 'run', path: '.', queries: '/' }, 'queries', outside],
    ['train', { loss: 'nothing' }, 'loss', noLoss],
    ['train', { loss: 'mnr' }, 'loss', flag],
    ['train', { base: 'nothing' }, 'base', noModel],
    ['demo', { loss: 'mnr' }, 'loss', flag],
    ['cycle', { mine: { source: 'code', folders: ['/'] } }, 'mine.folders.0', outside],
    ['cycle', { mine: feedback }, 'mine.teacher', noModel],
    ['cycle', { train: { loss: 'mnr' } }, 'train.loss', flag],
    ['cycle', { train: { nothing: 1 } }, 'train.nothing', unknown],
    ['evaluate', { model: 'nothing' }, 'model', noModel],
    ['promote', { model: 'nothing' }, 'model', noModel],
  ])('%s %j: %s', async (kind, request, field, { code, message }) => {
    const refused = (at: string) => ({
      body: { error: { code, message: expect.stringMatching(message), field: at } },
    });
    expect(await post(`/api/reranker/${kind}`, request)).toMatchObject(refused(field));
    const schedule = await post('/api/reranker/schedule', { kind, request });
    expect(schedule).toMatchObject(refused(`request.${field}`));
  });
});

test('a backend without a model is not usable, with the reason', async () => {
  const local = await openContext({ backend: 'local-learning', modelPath: 'nowhere' });
  const server = await createServer({
    context: local,
    version: 'test',
    dialects,
    routes: registerRoutes,
  });
  const options = async (one: FastifyInstance) => {
    const headers = { host: 'localhost' };
    return (await one.inject({ url: '/api/reranker/available', headers })).json().options;
  };
  const usable = { usable: true, reason: null };
  const withoutKey = { usable: false, reason: expect.stringContaining('COHERE_API_KEY') };
  const withoutModel = { usable: false, reason: expect.stringContaining('nowhere') };
  expect(await options(server)).toMatchObject([usable, withoutKey, withoutModel]);
  expect(await options(app)).toMatchObject([usable, withoutKey, usable]);
  await server.close();
  await local.engine.close();
  await local.close();
});

test('keys that name a prototype and invalid JSON are refused, each with its own message', async () => {
  for (const document of ['{"__proto__":{},"text":"a"}', '{"constructor":{"prototype":{}}}']) {
    const body = `{"query":"a","documents":[${document}]}`;
    expect(await post('/v1/rerank', body)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('__proto__') },
    });
  }
  const broken = await post('/api/rerank', '{"__proto__":');
  expect(broken).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('not valid JSON') } },
  });
});

test('every route documents the common errors, in its own error format', async () => {
  const headers = { host: 'localhost' };
  const { paths } = (await app.inject({ url: '/docs/json', headers })).json();
  const shapes = [
    ['/tei/', 'TeiError'],
    ['/voyage/', 'VoyageError'],
    ['/v1/', 'CohereError'],
    ['/v2/', 'CohereError'],
    ['/rerank', 'CohereError'],
    ['/cohere/', 'CohereError'],
    ['/jina/', 'CohereError'],
  ];
  for (const [path, methods] of Object.entries<Record<string, { responses: object }>>(paths)) {
    const shape = shapes.find(([start = '']) => path.startsWith(start))?.[1] ?? 'Error';
    const own = { $ref: `#/components/schemas/${shape}` };
    for (const [method, { responses }] of Object.entries(methods)) {
      const more = method === 'get' ? [] : [413, 415];
      const malformed = shape === 'TeiError' ? 422 : 400;
      for (const status of [malformed, 401, 403, ...more]) {
        const schema = { content: { 'application/json': { schema: own } } };
        expect(responses, `${method} ${path}`).toMatchObject({ [status]: schema });
      }
    }
  }
});
