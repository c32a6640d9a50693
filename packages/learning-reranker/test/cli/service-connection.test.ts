import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { publishAddress } from '../../src/api/service-address.js';
import { runningService } from '../../src/cli/service-connection.js';
import { resolveSettings } from '../../src/config/index.js';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'connection-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('if the service ends during a command, the error says how its jobs continue', async () => {
  const server = createServer((_request, response) => {
    response.end(JSON.stringify({ instance: 'one' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await publishAddress(dataDir, { url, instance: 'one' });
  const service = await runningService(resolveSettings({ file: { dataDir } }));
  server.close();
  server.closeAllConnections();
  await expect(service?.call('GET', '/api/runs/j1')).rejects.toMatchObject({
    name: 'ServiceError',
    message: expect.stringMatching(/does not respond.*with reranker runs/),
  });
});
