import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialects } from '../../src/api/dialects/index.js';
import type { ApiKeys, Scope } from '../../src/api/keys.js';
import { scopes } from '../../src/api/keys.js';
import { registerRoutes } from '../../src/api/routes/index.js';
import { createServer } from '../../src/api/server.js';
import { openContext } from './service-context.js';

let context: Awaited<ReturnType<typeof openContext>>;
let app: Awaited<ReturnType<typeof createServer>>;
let keys: ApiKeys;
const routes: { method: string; url: string; scope: string }[] = [];

/** Reachable by others, without listening: keys are asked for. */
beforeAll(async () => {
  context = await openContext({ host: '0.0.0.0' });
  keys = context.keys;
  app = await createServer({
    context,
    version: 'test',
    dialects,
    routes: async (instance, given) => {
      instance.addHook('onRoute', ({ method, url, config }) => {
        routes.push({ method: String(method), url, scope: config?.scope ?? 'none' });
      });
      await registerRoutes(instance, given, dialects);
    },
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await context.close();
});

const ask = (method: string, url: string, key?: string) =>
  app.inject({
    method: method as 'GET',
    url: url.replace(':id', 'x'),
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });

test('every route names its scope', () => {
  expect(routes.length).toBeGreaterThan(40);
  expect(routes.filter(({ scope }) => scope === 'none')).toEqual([]);
});

test('only open routes work without a key or with an invalid key', async () => {
  const { key, id } = await keys.create('gone', ['admin']);
  await keys.revoke(id);
  for (const { method, url, scope } of routes) {
    for (const given of [undefined, 'nonsense', `rr_000000000000_${'a'.repeat(32)}`, key]) {
      const { statusCode, headers } = await ask(method, url, given);
      const said = [statusCode, headers['www-authenticate']];
      if (scope === 'open') expect(statusCode, url).not.toBe(401);
      else expect(said, `${method} ${url}`).toEqual([401, 'Bearer']);
    }
  }
});

test('each scope allows only its own routes, and admin allows all', async () => {
  for (const scope of scopes) {
    const { key } = await keys.create(scope, [scope as Scope]);
    for (const { method, url, scope: needed } of routes) {
      if (needed === 'open' || url.endsWith('/logs/clear')) continue;
      const { statusCode } = await ask(method, url, key);
      const opens = needed === scope || scope === 'admin';
      if (opens) expect([401, 403], `${scope}: ${method} ${url}`).not.toContain(statusCode);
      else expect(statusCode, `${scope}: ${method} ${url}`).toBe(403);
    }
  }
});

test.each([
  ['GET', '/docs', 200],
  ['GET', '/docs/json', 200],
  ['GET', '/docs/?x=1', 200],
  ['GET', '/docs?x=1', 200],
  ['GET', '/health', 200],
  ['GET', '/ready', 200],
  ['GET', '/docs/../api/keys', 401],
  ['GET', '/docs/%2e%2e/api/keys', 401],
  ['GET', '//docs/json', 401],
  ['GET', '/api/keys?/docs/', 401],
  ['GET', '/metrics', 401],
  ['GET', '/api/nothing', 401],
  ['PUT', '/api/keys', 401],
])('without a key %s %s returns %i', async (method, url, status) => {
  expect((await ask(method, url)).statusCode).toBe(status);
});

test('a similar key, or a key in the wrong place, is refused', async () => {
  const { key } = await keys.create('alike', ['admin']);
  const last = key.endsWith('A') ? 'B' : 'A';
  for (const headers of [
    { authorization: `Bearer ${key.slice(0, -1)}${last}` },
    { authorization: `Bearer ${key}x` },
    { authorization: `Bearer ${key.toUpperCase()}` },
    { authorization: `Basic ${key}` },
    { authorization: key },
    { cookie: `key=${key}` },
  ]) {
    const { statusCode } = await app.inject({ url: '/api/keys', headers });
    expect(statusCode).toBe(401);
  }
  expect((await app.inject({ url: `/api/keys?key=${key}` })).statusCode).toBe(401);
  expect((await app.inject({ url: '/api/keys', headers: { 'x-api-key': key } })).statusCode).toBe(
    200,
  );
});

test('keys are stored as hashes', async () => {
  const { key } = await keys.create('hashed', ['read']);
  const rows = await context.db.selectFrom('api_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(key.split('_').slice(2).join('_'));
});
