import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialects } from '../../src/api/dialects/index.js';
import { registerRoutes } from '../../src/api/routes/index.js';
import { createServer } from '../../src/api/server.js';
import { openContext } from './service-context.js';

let context: Awaited<ReturnType<typeof openContext>>;
beforeAll(async () => {
  context = await openContext();
});
afterAll(() => context.close());

async function listen(patience: { requestMs?: number; closeMs?: number }) {
  const app = await createServer({
    context,
    version: 'test',
    dialects,
    routes: registerRoutes,
    patience,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, port: (app.server.address() as { port: number }).port };
}

/** Sends bytes as they are and gives all that came until the other side closed. */
function send(port: number, bytes: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let all = '';
    socket.on('data', (chunk) => {
      all += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', text = ''] = all.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1] ?? 0), text });
    });
  });
}

const get = (target: string, host: string) =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
const post = 'POST /api/click HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

test('a malformed request gets an error in the usual format', async () => {
  const { app, port } = await listen({});
  for (const [bytes, status, code] of [
    ['nonsense\r\n\r\n', 400, 'invalid_request'],
    [get('/hea lth', 'localhost'), 400, 'invalid_request'],
    [`${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`, 400, 'invalid_request'],
    [get('/health', `localhost\r\nX: ${'x'.repeat(100_000)}`), 431, 'too_large'],
    [get('/api/models/%zz', 'localhost'), 400, 'invalid_request'],
    [get(`/api/models/${'a'.repeat(300)}`, 'localhost'), 414, 'invalid_request'],
  ] as const) {
    const answer = await send(port, bytes);
    expect([answer.status, JSON.parse(answer.text).error.code], bytes.slice(0, 60)).toEqual([
      status,
      code,
    ]);
    expect(answer.text).not.toMatch(/%zz|aaaa/);
  }
  await app.close();
});

test('every host that a request names is checked', async () => {
  const { app, port } = await listen({});
  for (const [bytes, status] of [
    [get('/health', '[::1]:80'), 200],
    [get('/health', 'LOCALHOST'), 200],
    [get('http://localhost/health', '127.0.0.1'), 200],
    [get('http://evil.example/health', 'localhost'), 403],
    [get('HTTP://localhost@evil.example/health', 'localhost'), 403],
    [get('http://localhost/health', 'evil.example'), 403],
    [get('/health', 'localhost.'), 403],
    [get('/health', 'localhost@evil.example'), 403],
    [get('/health', '127.0.0.1.evil.example'), 403],
    [get('/health', '[::ffff:1.2.3.4]'), 403],
    [get('/health', 'evil.example\r\nX-Forwarded-Host: localhost'), 403],
    [get('/health', 'evil.example\r\nHost: localhost'), 403],
    ['GET /health HTTP/1.0\r\n\r\n', 403],
  ] as const) {
    expect((await send(port, bytes)).status, bytes).toBe(status);
  }
  await app.close();
});

test('a request that is too slow gets a timeout', async () => {
  const { app, port } = await listen({ requestMs: 300 });
  const { status, text } = await send(port, `${post}Content-Length: 10\r\n\r\n{`);
  expect([status, JSON.parse(text).error.code]).toEqual([408, 'timeout']);
  await app.close();
});

test('a service stops although a request never ends', async () => {
  const { app, port } = await listen({ closeMs: 100 });
  const waiting = send(port, `${post}Content-Length: 10\r\n\r\n{`);
  while ((await connections(app.server)) === 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await app.close();
  expect((await waiting).status).toBe(0);
});

function connections(server: {
  getConnections(done: (error: unknown, count: number) => void): void;
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
}
