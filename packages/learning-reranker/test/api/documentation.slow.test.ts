import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CohereClientV2 } from 'cohere-ai';
import { afterAll, describe, expect, test } from 'vitest';
import { startTestService } from './running-service.js';

const root = join(import.meta.dirname, '../../../..');
// Started before the tests are collected: there is one test for each example of the document.
const service = await startTestService('embedded');
afterAll(() => service.close());

describe('the page at /docs', async () => {
  interface Operation {
    summary?: string;
    description?: string;
    tags?: string[];
    requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
    responses: Record<string, { description: string }>;
  }
  interface Document {
    tags: { name: string }[];
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, object> };
  }
  const document: Document = (await service.call('GET', '/docs/json')).body;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      one,
    ]),
  );
  const examplesOf = ({ requestBody }: Operation) =>
    Object.values(requestBody?.content['application/json']?.examples ?? {});

  test('opens from the address of the service', async () => {
    const response = await fetch(service.url);
    expect(response.url).toMatch(/\/docs\/?(static\/index\.html)?$/);
    expect(await response.text()).toContain('<title>Learning Reranker</title>');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self';");
  });

  test('describes the purpose, group, scope and responses of every route', () => {
    const groups = document.tags.map(({ name }) => name);
    for (const [route, { summary, description, tags, responses }] of operations) {
      expect(summary, route).toMatch(/\S/);
      expect(description, route).toMatch(/Scope of the key|No key needed/);
      expect(tags, route).toHaveLength(1);
      expect(groups, route).toContain(tags?.[0]);
      for (const { description: said } of Object.values(responses)) {
        expect(said, route).not.toBe('Default Response');
      }
    }
    expect(new Set(operations.map(([, { tags }]) => tags?.[0]))).toEqual(new Set(groups));
  });

  test('has an example of every body, and named schemas that are all used', () => {
    const withBody = operations.filter(([, { requestBody }]) => requestBody !== undefined);
    expect(withBody.length).toBeGreaterThan(25);
    for (const [route, operation] of withBody) {
      expect(examplesOf(operation).length, route).toBeGreaterThan(0);
    }
    const names = Object.keys(document.components.schemas);
    expect(names).toContain('RerankRequest');
    expect(names.filter((name) => name.endsWith('Input'))).toEqual([]);
    const referred = JSON.stringify(document);
    for (const name of names) expect(referred).toContain(`"#/components/schemas/${name}"`);
    for (const [, name] of referred.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(names).toContain(name);
    }
  });

  // What asks for things that are not here is refused for that, and not for how it was asked.
  const misses = [
    'POST /api/reranker/promote',
    'POST /api/reranker/train',
    'POST /api/reranker/evaluate',
    'POST /api/reranker/import',
    'PUT /api/evaluation-datasets/{id}',
    'POST /api/reranker/rollback',
    'POST /api/reranker/baseline/save',
    'POST /api/runs/{id}/cancel',
    'POST /api/runs/{id}/retry',
  ];
  const examples = operations
    // It would write the configuration of whoever runs the tests, and learn all that is installed.
    .filter(([route]) => !/\/api\/config|\/api\/reranker\/(demo|cycle|mine)/.test(route))
    .flatMap(([route, operation]) =>
      examplesOf(operation).map(({ value }) => [route, value] as const),
    );
  test.each(examples)('%s accepts the example %j', async (route, value) => {
    const [method = '', path = ''] = route.split(' ');
    const { status, body } = await service.call(method, path.replace('{id}', 'unknown'), value);
    if (status >= 400) {
      expect(misses, JSON.stringify(body)).toContain(route);
      if (status === 400) expect(body.error.message).toMatch(/outside AGRO_RERANKER_SOURCE_ROOTS/);
    }
    expect(status).toBeLessThan(500);
  });
});

test('an application reranks its searches and sends its clicks: examples/search-with-feedback.mjs', async () => {
  const before = (await service.call('GET', '/api/reranker/logs/count')).body;
  const child = spawn(process.execPath, ['examples/search-with-feedback.mjs'], {
    cwd: root,
    env: { ...process.env, RERANKER_URL: service.url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const said = text(child.stdout);
  child.stdin.end('parse a date\n1\nclose a socket\n\n\n');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(await said).toMatch(/1 \w+\.ts [\d.]+\n2 \w+\.ts/);
  const { body: logs } = await service.call('GET', '/api/reranker/logs?limit=2');
  const [second, first] = logs.logs;
  expect(first).toMatchObject({ query: 'parse a date', feedback: [{ kind: 'click' }] });
  expect(first.feedback[0].document_id).toBe(first.documents[0].id);
  expect(second).toMatchObject({ query: 'close a socket', feedback: [] });
  const after = (await service.call('GET', '/api/reranker/logs/count')).body;
  expect(after.searches - before.searches).toBe(2);
});

test("a click on a result of a vendor's client uses the event id of the response", async () => {
  const client = new CohereClientV2({ environment: service.url, token: 'any' });
  const documents = ['close a socket', 'parse a date'];
  const { data, rawResponse } = await client
    .rerank({ model: 'any', query: 'a date', documents })
    .withRawResponse();
  const event_id = rawResponse.headers.get('x-event-id');
  expect(data.id).toBe(event_id);
  const opened = data.results[0]?.index;
  const click = { event_id, document_id: String(opened) };
  expect((await service.call('POST', '/api/click', click)).status).toBe(200);
  const { body } = await service.call('GET', '/api/judgments/preview');
  expect(body.judgments.map(({ text: shown }: { text: string }) => shown)).toContain(
    documents[opened ?? 0],
  );
});

test('erasing a user also erases the lists shown a moment ago', async () => {
  const search = { query: 'parse a date', documents: ['new Date(text)'], user_id: 'somebody' };
  await service.call('POST', '/api/rerank', search);
  const { body } = await service.call('DELETE', '/api/users/somebody');
  expect(body).toMatchObject({ ok: true, searches: 1 });
});
