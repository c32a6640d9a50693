import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineDialect } from '../../src/api/dialects/dialect.js';
import { dialects } from '../../src/api/dialects/index.js';
import { registerRoutes } from '../../src/api/routes/index.js';
import { createServer } from '../../src/api/server.js';
import { startTestService, type TestService } from './running-service.js';
import { openContext } from './service-context.js';

/** All that a new dialect needs: what is in this object, and a place in the list of dialects. */
const example = defineDialect({
  name: 'example',
  vendors: ['Example Search'],
  summary: 'Rerank in the format of Example Search',
  paths: ['/example/rank'],
  requestSchema: z.strictObject({ q: z.string().min(1), docs: z.array(z.string()).min(1) }),
  answerSchema: z.object({ order: z.array(z.int()) }).meta({ id: 'ExampleAnswer' }),
  examples: { two: { summary: 'Rank two texts', value: { q: 'sky', docs: ['red', 'blue'] } } },
  errors: {
    schema: z.object({ problem: z.string() }).meta({ id: 'ExampleError' }),
    invalidStatus: 422,
    format: ({ status, message }) => ({
      status: status === 400 ? 422 : status,
      body: { problem: message },
    }),
  },
  toCall: ({ q, docs }) => ({ query: q, documents: docs.map((text) => ({ text })) }),
  toAnswer: ({ results }) => ({ order: results.map(({ index }) => index) }),
});
const withExample = [...dialects, example];

let service: TestService;
beforeAll(async () => {
  service = await startTestService('embedded', {}, { dialects: withExample });
});
afterAll(() => service.close());

const documents = ['red', 'blue', 'green', 'blue sky'];

test('its path reranks as the product does', async () => {
  const { status, body, headers } = await service.call('POST', '/example/rank', {
    q: 'sky',
    docs: documents,
  });
  const own = await service.call('POST', '/api/rerank', { query: 'sky', documents });
  expect(own.body.model).toBe('starter');
  expect([status, body]).toEqual([
    200,
    { order: own.body.results.map(({ index }: { index: number }) => index) },
  ]);
  // The results can be clicked on.
  const click = { event_id: headers.get('x-event-id'), document_id: '3' };
  expect((await service.call('POST', '/api/click', click)).body).toMatchObject({ accepted: 1 });
});

test('/docs describes it, with its example and its errors', async () => {
  const { body } = await service.call('GET', '/docs/json');
  const operation = body.paths['/example/rank'].post;
  expect(operation).toMatchObject({ tags: ['dialects'], summary: example.summary });
  expect(operation.description).toContain('Scope of the key: `rerank`');
  expect(operation.requestBody.content['application/json'].examples).toEqual(example.examples);
  const refTo = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  });
  expect(operation.responses).toMatchObject({
    200: refTo('ExampleAnswer'),
    401: refTo('ExampleError'),
    422: refTo('ExampleError'),
    429: refTo('ExampleError'),
  });
  const group = body.tags.find(({ name }: { name: string }) => name === 'dialects');
  expect(group.description).toContain('Example Search');
});

test('metrics count it under its own name', async () => {
  await service.call('POST', '/example/rank', { q: 'sky', docs: documents });
  const { body } = await service.call('GET', '/metrics');
  expect(body).toMatch(/^agro_rerank_requests_total\{dialect="example",outcome="ok"\} [1-9]/m);
  expect(body).toMatch(/^agro_rerank_request_duration_seconds_count\{dialect="example"\} [1-9]/m);
  expect(body).not.toMatch(/="other"/);
});

test('invalid requests and wrong methods are refused, in its own error format if it has one', async () => {
  const unknownField = { q: 'sky', docs: documents, top: 3 };
  expect(await service.call('POST', '/example/rank', unknownField)).toMatchObject({
    status: 422,
    body: { problem: expect.stringMatching(/^top: /) },
  });
  expect(await service.call('POST', '/example/rank', '{')).toMatchObject({
    status: 422,
    body: { problem: expect.any(String) },
  });
  const get = await service.call('GET', '/example/rank');
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
});

test('beyond this machine it needs a key with the scope rerank, and says so in its own format', async () => {
  const context = await openContext({ host: '0.0.0.0' });
  const server = await createServer({
    context,
    version: 'test',
    dialects: withExample,
    routes: registerRoutes,
  });
  const statusWith = async (headers: Record<string, string>) => {
    const payload = { q: 'sky', docs: documents };
    const answer = await server.inject({ method: 'POST', url: '/example/rank', headers, payload });
    return [answer.statusCode, answer.json()];
  };
  const bearer = async (scope: 'read' | 'rerank') => ({
    authorization: `Bearer ${(await context.keys.create(scope, [scope])).key}`,
  });
  const refused = { problem: expect.stringContaining('reranker keys create') };
  expect(await statusWith({ authorization: 'Bearer unknown' })).toEqual([401, refused]);
  expect(await statusWith(await bearer('read'))).toEqual([403, refused]);
  expect(await statusWith(await bearer('rerank'))).toEqual([200, { order: [0, 1, 2, 3] }]);
  await server.close();
  await context.close();
});
