import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeys } from '../../src/api/keys.js';
import { startService } from '../../src/api/service.js';
import { resolveSettings } from '../../src/config/index.js';
import { openDatabase } from '../../src/database/connection.js';
import { startTestService, type TestService } from './running-service.js';

/** fetch sets Host and Origin itself; a raw request sends what it is given. */
function raw(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(method === 'GET' ? undefined : body);
  });
}

describe('on a loopback address', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService('embedded');
  });
  afterAll(() => service.close());
  const json = { 'content-type': 'application/json' };

  test.each([
    ['a foreign host name that resolves to this machine', { host: 'evil.example' }],
    ['the same with a port', { host: 'evil.example:8012' }],
    ['a name that only begins with localhost', { host: 'localhost.evil.example' }],
    ['a page of another origin', { origin: 'http://evil.example' }],
    ['a page of a sandbox or a file', { origin: 'null' }],
    ['a page of this machine’s other port', { origin: 'http://127.0.0.1:1' }],
  ])('%s is refused', async (_name, headers) => {
    for (const [method, path] of [
      ['GET', '/api/reranker/info'],
      ['POST', '/api/reranker/rollback'],
      ['POST', '/api/reranker/logs/clear'],
    ] as const) {
      const { status, text } = await raw(service.url, method, path, { ...json, ...headers }, '{}');
      expect([status, JSON.parse(text).error.code], path).toEqual([403, 'forbidden']);
    }
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'a change sent as %s, as a form of another page can send it, is refused',
    async (type) => {
      const { status } = await raw(
        service.url,
        'POST',
        '/api/reranker/logs/clear',
        { 'content-type': type },
        '{}',
      );
      expect(status).toBe(415);
    },
  );

  test.each([
    '../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e%2f',
    '..\\..\\x',
    '%00',
    'starter/../../x',
    '/etc/passwd',
    '20260101T000000Z-softmax%2f..%2f..',
    'a'.repeat(5000),
  ])('no id reads a file: %s', async (id) => {
    for (const path of ['/api/models/', '/api/runs/', '/api/evaluation-datasets/']) {
      const { status } = await raw(service.url, 'GET', `${path}${id}`, {});
      expect([400, 404, 405, 414], path).toContain(status);
    }
  });

  test.each([
    ['no JSON', '{', 400],
    ['JSON of 20,000 levels', '['.repeat(20_000), 400],
    ['a poisoned prototype', '{"__proto__":{"x":1},"query":"a","documents":["b"]}', 400],
    ['a number', '1', 400],
    ['null', 'null', 400],
  ])('%s is refused, and the service keeps running', async (_name, body, status) => {
    for (const path of ['/v2/rerank', '/api/events', '/api/feedback', '/api/reranker/train']) {
      expect((await service.call('POST', path, body)).status, path).toBe(status);
    }
    expect((await service.call('GET', '/health')).status).toBe(200);
  });

  test.each([
    ['POST', '/api/reranker/info', 405, 'GET, HEAD'],
    ['PATCH', '/api/runs/abc', 405, 'GET, HEAD'],
    ['GET', '/api/runs/abc/cancel', 405, 'POST'],
    ['PATCH', '/api/evaluation-datasets/abc?x=1', 405, 'PUT, DELETE'],
    ['GET', '/api/nothing', 404, null],
  ])('%s %s returns %i with the allowed methods', async (method, path, status, allow) => {
    const answer = await service.call(method, path);
    expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow]);
  });

  test('a body without required fields can be left out, and an unknown field is named', async () => {
    expect((await service.call('POST', '/api/reranker/smoketest')).status).toBe(200);
    const unknown = await service.call('POST', '/api/rerank', {
      query: 'a',
      documents: ['b'],
      topn: 3,
    });
    expect(unknown).toMatchObject({ status: 400, body: { error: { field: 'topn' } } });
  });

  test.each([
    ['POST', '/api/reranker/logs/clear', { before: 'e1' }, 'before'],
    ['POST', '/api/reranker/rollback', { to: 'starter' }, 'to'],
    ['POST', '/api/reranker/baseline/save', { model: 'm1' }, 'model'],
    ['POST', '/api/runs/some/cancel', { now: true }, 'now'],
    ['GET', '/api/judgments/preview?minimum_click=2', undefined, 'minimum_click'],
    ['GET', '/api/judgments/export/qrels?rows=2', undefined, 'rows'],
    ['GET', '/api/reranker/logs?limits=2', undefined, 'limits'],
    ['GET', '/api/runs?state=failed', undefined, 'state'],
    ['GET', '/api/models?live=true', undefined, 'live'],
    ['DELETE', '/api/users/u1?before=e1', undefined, 'before'],
  ])(
    '%s %s %j is refused instead of ignoring the unknown field',
    async (method, path, body, field) => {
      const { status, body: answer } = await service.call(method, path, body);
      expect(status).toBe(400);
      expect(answer.error.field).toBe(field);
    },
  );

  test('a route without fields accepts no body and an empty body', async () => {
    for (const body of [undefined, {}]) {
      expect((await service.call('POST', '/api/reranker/logs/clear', body)).status).toBe(200);
      expect((await service.call('POST', '/api/reranker/rollback', body)).status).toBe(409);
    }
    expect((await service.call('GET', '/health?probe=1')).status).toBe(200);
  });

  test('search scores for only some of the documents are refused', async () => {
    const documents = [{ text: 'a', score: 1 }, { text: 'b' }];
    const { status, body } = await service.call('POST', '/api/rerank', { query: 'q', documents });
    expect(status).toBe(400);
    expect(body.error.field).toBe('documents.1.score');
  });

  test('the largest and smallest scores are blended', async () => {
    const documents = [1e308, -1e308].map((score) => ({ text: 'a', score }));
    const { status, body } = await service.call('POST', '/api/rerank', { query: 'q', documents });
    expect(status).toBe(200);
    for (const { score } of body.results) expect(score).toBeGreaterThanOrEqual(0);
  });

  test('text that a database cannot store is cleaned in every field', async () => {
    const search = { query: 'q', documents: [{ id: 'a', text: 'a' }] };
    for (const field of ['application', 'model', 'loss', 'run_id']) {
      for (const text of ['\0', '\ud800']) {
        const { status } = await service.call('POST', '/api/events', { ...search, [field]: text });
        expect(status, field).toBe(200);
      }
    }
    const early = await service.call('POST', '/api/events', {
      ...search,
      time: '0000-01-01T00:00:00Z',
    });
    expect(early.status).toBe(400);
  });

  test('a document of 5 MB and too many documents are refused, and later requests work', async () => {
    const { call } = service;
    const huge = await call('POST', '/v2/rerank', { query: 'a', documents: ['x'.repeat(5e6)] });
    expect(huge.status).toBe(400);
    const many = await call('POST', '/v2/rerank', {
      query: 'a',
      documents: new Array(10_001).fill('x'),
    });
    expect(many.status).toBe(400);
    const over = await call('POST', '/v2/rerank', { query: 'x'.repeat(33 * 1024 * 1024) });
    expect(over).toMatchObject({ status: 413, body: { message: expect.any(String) } });
    expect((await call('POST', '/v2/rerank', { query: 'a', documents: ['b'] })).status).toBe(200);
  });

  test.each(['/etc', '../models', './x', 'somebody/model', '..', 'a\0b'])(
    'a model must be named by its id, not by a folder or a hub id: %s',
    async (model) => {
      for (const [path, body] of [
        ['train', { base: model }],
        ['evaluate', { model }],
        ['evaluate', { against: model }],
        ['promote', { model }],
        ['mine', { source: 'feedback', teacher: model }],
        ['cycle', { train: { base: model } }],
      ] as const) {
        const { status, body: answer } = await service.call('POST', `/api/reranker/${path}`, body);
        expect([status, answer.error.message], path).toEqual([
          400,
          expect.stringContaining('model id'),
        ]);
      }
    },
  );

  test('no file outside the configured folders is read, also not through a link', async () => {
    const { call, dataDir } = service;
    const { mkdir, symlink } = await import('node:fs/promises');
    const link = `${process.cwd()}/.learning-reranker-test-link`;
    await mkdir(dataDir, { recursive: true });
    await symlink('/etc', link);
    try {
      for (const path of [
        '/etc',
        '/etc/passwd',
        '../../../../etc',
        link,
        `${link}/passwd`,
        'nowhere',
      ]) {
        for (const body of [
          { source: 'code', folders: [path] },
          { source: 'triplets', path },
          { source: 'evaluation', path, corpus: ['.'] },
        ]) {
          expect((await call('POST', '/api/reranker/mine', body)).status, path).toBe(400);
          const schedule = { kind: 'cycle', request: { mine: body } };
          expect((await call('POST', '/api/reranker/schedule', schedule)).status, path).toBe(400);
        }
        const log = { format: 'log', path };
        expect((await call('POST', '/api/reranker/import', log)).status, path).toBe(400);
      }
    } finally {
      await (await import('node:fs/promises')).rm(link, { force: true });
    }
  });

  test('logs and metrics contain no user text', async () => {
    const { call } = service;
    const words = 'planted-words';
    await call('POST', '/api/rerank', { query: words, documents: [words], client_id: 'who' });
    await call('POST', '/api/events', { query: words, documents: [{ id: words, text: words }] });
    await call('POST', '/api/feedback', { event_id: 'e', kind: 'note', note: words });
    await call('POST', '/api/feedback', { event_id: words, kind: words });
    await call('GET', `/api/models/${words}`);
    const { readFile } = await import('node:fs/promises');
    const log = await readFile(`${service.dataDir}/../log`, 'utf8');
    expect(log).not.toContain(words);
    expect((await call('GET', '/metrics')).body).not.toContain(words);
  });

  test('the number of metric series stays small for any request', async () => {
    const { call } = service;
    for (let at = 0; at < 300; at++) {
      await call('GET', `/nowhere/${at}`);
      await call('POST', '/v2/rerank', { model: `m${at}`, query: 'a', documents: ['b'] });
    }
    const { body, headers } = await call('GET', '/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const series = body.split('\n').filter((line: string) => line !== '' && !line.startsWith('#'));
    expect(series.length).toBeLessThan(500);
  });

  test('every route has a scope and documents its errors', async () => {
    const { body } = await service.call('GET', '/docs/json');
    const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods as object).map(([method, operation]) => ({ path, method, operation })),
    );
    expect(operations.length).toBeGreaterThan(40);
    for (const { path, operation } of operations) {
      expect(operation.summary, path).toBeTruthy();
      if (operation.requestBody) {
        const statuses = Object.keys(operation.responses);
        expect(
          statuses.some((status) => status === '400' || status === '422'),
          path,
        ).toBe(true);
      }
    }
  });
});

test.each([
  ['127.0.0.1', /port \d+ of 127.0.0.1: the port is in use.*--port/],
  ['192.0.2.1', /192.0.2.1.*this machine does not have this address.*--host/],
  ['nowhere.invalid', /nowhere.invalid.*AGRO_RERANKER_HOST/],
])('an error for an unusable address names the option to change: %s', async (host, message) => {
  const { createServer } = await import('node:net');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const { mkdtemp, rm } = await import('node:fs/promises');
  const dataDir = await mkdtemp('/tmp/taken-port-');
  const keys = await openDatabase({ url: null, dataDir });
  await new ApiKeys(keys.db).create('one', ['admin']);
  await keys.close();
  const resolved = resolveSettings({ file: { dataDir, port, host, backend: 'none' } });
  const starting = startService({ resolved, version: 'test', api: true, worker: false });
  await expect(starting).rejects.toThrow(message);
  await expect(starting).rejects.toMatchObject({ name: 'ConfigError' });
  taken.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('on an address that others can reach', () => {
  test('it does not start without a key', async () => {
    const { mkdtemp, rm } = await import('node:fs/promises');
    const dataDir = await mkdtemp('/tmp/open-service-');
    const resolved = resolveSettings({ file: { dataDir, port: 0, host: '0.0.0.0' } });
    const starting = startService({ resolved, version: 'test', api: true, worker: false });
    await expect(starting).rejects.toThrow(/there is no API key yet.*reranker keys create/);
    await rm(dataDir, { recursive: true, force: true });
  });
});
