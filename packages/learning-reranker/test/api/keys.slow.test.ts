import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServiceContext } from '../../src/api/context.js';
import { ApiKeys, type Scope, scopes } from '../../src/api/keys.js';
import { registerRoutes } from '../../src/api/routes/index.js';
import { createServer } from '../../src/api/server.js';
import { resolveSettings } from '../../src/config/index.js';
import { type OpenDatabase, openDatabase } from '../../src/database/index.js';
import { FeedbackStore, ShownLog } from '../../src/feedback/index.js';
import { newId } from '../../src/records/new-id.js';
import { JobQueue, Schedules } from '../../src/runs/index.js';
import { RerankEngine } from '../../src/serving/index.js';
import { createLog, Metrics } from '../../src/telemetry/index.js';
import { newDatabase } from '../database/databases.js';

let database: OpenDatabase;
let location: Awaited<ReturnType<typeof newDatabase>>;
let app: Awaited<ReturnType<typeof createServer>>;
let keys: ApiKeys;
const routes: { method: string; url: string; scope: string }[] = [];

/** Reachable by others, without listening: keys are asked for. */
beforeAll(async () => {
  location = await newDatabase('embedded');
  database = await openDatabase(location);
  const { db } = database;
  const resolved = resolveSettings({
    file: { dataDir: location.dataDir, host: '0.0.0.0', backend: 'none' },
  });
  const { settings } = resolved;
  keys = new ApiKeys(db);
  const feedback = new FeedbackStore(db);
  const context: ServiceContext = {
    version: 'test',
    instance: 'test',
    resolved,
    settings,
    configFolder: location.dataDir ?? '',
    db,
    log: createLog({ level: 'silent' }),
    metrics: new Metrics({ emitMargins: true }),
    keys,
    engine: await RerankEngine.open({ settings }),
    feedback,
    shownLog: new ShownLog(feedback, () => undefined),
    jobs: new JobQueue(db),
    schedules: new Schedules(db),
    newId,
  };
  app = await createServer({
    context,
    version: 'test',
    routes: async (instance, given) => {
      instance.addHook('onRoute', ({ method, url, config }) => {
        if (method === 'HEAD') return;
        routes.push({ method: String(method), url, scope: config?.scope ?? 'none' });
      });
      await registerRoutes(instance, given);
    },
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await database.close();
  await location.remove();
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

test('no route but the open ones answers without a key, or with one that is no key', async () => {
  const { key, id } = await keys.create('gone', ['admin']);
  await keys.revoke(id);
  for (const { method, url, scope } of routes) {
    for (const given of [undefined, 'nonsense', `rr_000000000000_${'a'.repeat(32)}`, key]) {
      const { statusCode } = await ask(method, url, given);
      if (scope === 'open') expect(statusCode, url).not.toBe(401);
      else expect(statusCode, `${method} ${url}`).toBe(401);
    }
  }
});

test('each scope opens its own routes alone, and admin all', async () => {
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

test('keys are kept as hashes', async () => {
  const { key } = await keys.create('hashed', ['read']);
  const rows = await database.db.selectFrom('api_keys').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(key.split('_').slice(2).join('_'));
});
