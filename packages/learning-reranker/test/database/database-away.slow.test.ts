import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/connection.js';
import { startTestService, type TestService } from '../api/running-service.js';
import { hasPostgresql, newDatabase } from './databases.js';

/** A proxy between the service and PostgreSQL that can be stopped. */
class Wire {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
  }

  async up(): Promise<string> {
    const { hostname, port } = this.#target;
    const server = createServer((socket) => {
      const behind = connect(Number(port || 5432), hostname);
      this.#sockets.add(socket);
      socket.pipe(behind).pipe(socket);
      for (const [one, other] of [
        [socket, behind],
        [behind, socket],
      ] as const) {
        one.on('error', () => undefined);
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#server = server;
    this.#port = (server.address() as { port: number }).port;
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  async down(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await closed;
  }
}

describe.skipIf(!hasPostgresql)('PostgreSQL that is away for a moment', () => {
  let location: Awaited<ReturnType<typeof newDatabase>>;
  let wire: Wire;
  let service: TestService;
  beforeAll(async () => {
    location = await newDatabase('postgresql');
    wire = new Wire(location.url ?? '');
    service = await startTestService('embedded', { databaseUrl: await wire.up() });
  });
  afterAll(async () => {
    await service.close();
    await wire.down();
    await location.remove();
  });

  const search = { query: 'q', documents: [{ id: 'a', text: 'a' }] };

  test('reranking continues, other requests fail with 503, and all work when it is back', async () => {
    const { call } = service;
    for (let round = 0; round < 3; round++) {
      // Some connections are in use when they break, some lie idle.
      const during = Array.from({ length: 20 }, () => call('POST', '/api/events', search));
      await sleep(5 * round);
      await wire.down();
      for (const { status } of await Promise.all(during)) expect([200, 503]).toContain(status);
      const documents = ['a', 'b'];
      const reranked = await call('POST', '/v2/rerank', { query: 'q', documents });
      expect(reranked.status).toBe(200);
      for (const [method, path, body] of [
        ['POST', '/api/events', search],
        ['POST', '/api/feedback', { event_id: 'e', kind: 'thumbsup' }],
        ['GET', '/api/runs'],
        ['POST', '/api/reranker/mine', { source: 'feedback' }],
        ['GET', '/api/reranker/logs/count'],
        ['GET', '/api/judgments/preview'],
        ['GET', '/api/keys'],
      ] as const) {
        const { status, body: answer, headers } = await call(method, path, body);
        expect([status, answer.error.code], path).toEqual([503, 'unavailable']);
        expect(headers.get('retry-after')).toBe('1');
      }
      expect((await call('GET', '/ready')).status).toBe(503);
      expect((await call('GET', '/metrics')).status).toBe(200);
      await wire.up();
      expect((await call('GET', '/ready')).status).toBe(200);
      expect((await call('POST', '/api/events', search)).status).toBe(200);
      // What was shown meanwhile is kept as soon as it can be, for clicks refer to it.
      const kept = async () => {
        const { body } = await call('GET', '/api/reranker/logs?limit=1000');
        return body.logs.some((one: { event_id: string }) => one.event_id === reranked.body.id);
      };
      while (!(await kept())) await sleep(100);
    }
  });
});

test.each([
  ['no server', 'postgresql://127.0.0.1:1/x', /ECONNREFUSED/],
  ['a name with several addresses', 'postgresql://localhost:1/x', /ECONNREFUSED/],
  ['an unknown host', 'postgresql://nowhere.invalid/x', /nowhere\.invalid/],
  ['an invalid address', 'nonsense://%zz', /Cannot open the database/],
])(
  'the error for an address without PostgreSQL says what to do: %s',
  async (_name, url, reason) => {
    const opening = openDatabase({
      url: url.replace('//', '//somebody:planted-word@'),
      dataDir: null,
    });
    const error = await opening.then(
      () => null,
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ name: 'DatabaseError' });
    expect(error?.message).toMatch(/DATABASE_URL.*Check the address/);
    expect(error?.message).toMatch(reason);
    expect(error?.message).not.toContain('planted-word');
  },
);
