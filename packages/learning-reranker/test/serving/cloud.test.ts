import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { resolveSettings } from '../../src/config/index.js';
import { cloudTeacher } from '../../src/serving/backends/cloud/cloud-teacher.js';
import { isPrivateAddress } from '../../src/serving/backends/cloud/private-address.js';
import { RerankEngine } from '../../src/serving/engine.js';

let server: Server | undefined;
afterEach(() => server?.close());

async function cloud(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const KEY = 'planted-cloud-key';
const open = (cloudUrl: string, more: Record<string, unknown> = {}) =>
  RerankEngine.open({
    settings: resolveSettings({
      environment: { COHERE_API_KEY: KEY },
      file: { backend: 'cloud', cloudUrl, cloudAllowPrivate: true, ...more },
    }).settings,
  });
const request = { query: 'q', documents: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] };

describe('the cloud backend', () => {
  test('sends a Cohere v2 request and orders by its scores', async () => {
    let asked: { path?: string | undefined; key?: string | undefined; body?: unknown } = {};
    const url = await cloud(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      asked = {
        path: incoming.url,
        key: incoming.headers.authorization,
        body: JSON.parse(body),
      };
      response.setHeader('content-type', 'application/json').end(
        JSON.stringify({
          id: 'x',
          results: [
            { index: 2, relevance_score: 0.9 },
            { index: 0, relevance_score: 0.5 },
            { index: 1, relevance_score: 0.1 },
          ],
          meta: { tokens: { input_tokens: 12 } },
        }),
      );
    });
    const engine = await open(url);
    const answer = await engine.rerank(request);
    expect(asked).toEqual({
      path: '/v2/rerank',
      key: `Bearer ${KEY}`,
      body: { model: 'rerank-v3.5', query: 'q', documents: ['a', 'b', 'c'] },
    });
    expect(answer).toMatchObject({
      provider: 'cloud',
      degraded: null,
      model: { id: 'rerank-v3.5', loss: null },
      usage: { pairs: 3, tokens: 12 },
    });
    expect(answer.results.map(({ index, relevanceScore }) => [index, relevanceScore])).toEqual([
      [2, 0.9],
      [0, 0.5],
      [1, 0.1],
    ]);
  });

  test('behind a gateway is called at its path', async () => {
    const asked: (string | undefined)[] = [];
    const url = await cloud((incoming, response) => {
      asked.push(incoming.url);
      response.writeHead(500).end();
    });
    for (const path of ['', '/', '/cohere', '/a/b/']) {
      await (await open(`${url}${path}`)).rerank(request);
    }
    expect(asked).toEqual(['/v2/rerank', '/v2/rerank', '/cohere/v2/rerank', '/a/b/v2/rerank']);
  });

  test.each<[string, RequestListener, string]>([
    ['refuses', (_, response) => response.writeHead(401).end(`no ${KEY}`), 'cloud-refused'],
    ['fails', (_, response) => response.writeHead(500).end(), 'cloud-refused'],
    [
      'responds with something else',
      (_, response) => response.end('{"results": "none"}'),
      'cloud-refused',
    ],
    [
      'leaves a document out',
      (_, response) =>
        response.end(
          '{"results": [{"index": 0, "relevance_score": 0.5}, {"index": 2, "relevance_score": 0.9}]}',
        ),
      'cloud-refused',
    ],
    [
      'redirects',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      'cloud-unreachable',
    ],
    ['hangs up', (_, response) => response.destroy(), 'cloud-unreachable'],
    ['takes too long', () => undefined, 'deadline'],
  ])('that %s keeps the order, with the reason', async (_name, listener, reason) => {
    // Only an answer that never comes may run into the deadline.
    const timeoutMs = reason === 'deadline' ? 500 : 600_000;
    const engine = await open(await cloud(listener), { timeoutMs });
    const answer = await engine.rerank(request);
    expect(answer).toMatchObject({ degraded: reason, model: null });
    expect(answer.results.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });

  test('at a private address is not called unless that is allowed', async () => {
    let asked = 0;
    const url = await cloud((_, response) => {
      asked++;
      response.end('{}');
    });
    for (const address of [
      url,
      url.replace('127.0.0.1', 'localhost'),
      url.replace('127.0.0.1', '2130706433'),
      url.replace('127.0.0.1', '0177.1'),
      url.replace('127.0.0.1', '[::ffff:127.0.0.1]'),
      'http://0x7f000001:1',
      'http://[::1]:1',
      'http://0:1',
      'https://169.254.169.254',
    ]) {
      const engine = await open(address, { cloudAllowPrivate: false });
      expect(await engine.rerank(request)).toMatchObject({ degraded: 'cloud-not-set-up' });
    }
    expect(asked).toBe(0);
  });

  test('without a key reports that, and calls nothing', async () => {
    const { settings } = resolveSettings({ file: { backend: 'cloud' } });
    const engine = await RerankEngine.open({ settings });
    expect(await engine.rerank(request)).toMatchObject({ degraded: 'cloud-not-set-up' });
    expect(engine.current()).toBeNull();
  });
});

test('the cloud as a teacher is called once for each query, and each pair has its own score', async () => {
  const asked: string[] = [];
  const url = await cloud(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { query, documents } = JSON.parse(body) as { query: string; documents: string[] };
    asked.push(query);
    const results = documents.map((text, index) => ({ index, relevance_score: Number(text) }));
    response.end(JSON.stringify({ results: results.reverse() }));
  });
  const { settings } = resolveSettings({
    environment: { COHERE_API_KEY: KEY },
    file: { cloudUrl: url, cloudAllowPrivate: true },
  });
  const teacher = cloudTeacher(settings, new AbortController().signal);
  const pairs = [
    { query: 'one', document: '0.1' },
    { query: 'two', document: '0.2' },
    { query: 'one', document: '0.3' },
  ];
  expect(await teacher.score(pairs)).toEqual([0.1, 0.2, 0.3]);
  expect(asked).toEqual(['one', 'two']);
  expect(teacher.name).toBe('cloud/rerank-v3.5');
  const keyless = cloudTeacher({ ...settings, cloudApiKey: null }, new AbortController().signal);
  await expect(keyless.score(pairs)).rejects.toThrow(/COHERE_API_KEY/);
});

test.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['172.31.255.255', true],
  ['192.168.0.1', true],
  ['169.254.169.254', true],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['224.0.0.1', true],
  ['::1', true],
  ['::', true],
  ['fe80::1', true],
  ['fd00::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:7f00:1', true],
  ['2002:7f00:1::1', true],
  ['2001:0:1::1', true],
  ['fec0::1', true],
  ['64:ff9b::7f00:1', true],
  ['1.1.1.1', false],
  ['172.32.0.1', false],
  ['2606:4700::1111', false],
])('%s is private: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});
