/** A service on a free port with a data folder of its own and a starter so small that a training takes seconds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { type ServiceOptions, startService } from '../../src/api/service.js';
import { resolveSettings } from '../../src/config/index.js';
import { type DatabaseKind, newDatabase } from '../database/databases.js';

export interface TestService {
  readonly url: string;
  readonly dataDir: string;
  /** The status and the parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
    // biome-ignore lint/suspicious/noExplicitAny: tests look at answers as their callers do
  ): Promise<{ status: number; body: any; headers: Headers }>;
  /** Waits until a run has ended. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  ended(id: string): Promise<any>;
  close(): Promise<void>;
}

export async function startTestService(
  kind: DatabaseKind,
  settings: Record<string, unknown> = {},
  options: Pick<ServiceOptions, 'dialects'> = {},
): Promise<TestService> {
  const location = await newDatabase(kind);
  const folder = await mkdtemp(join(tmpdir(), 'service-'));
  const starter = join(folder, 'starter');
  await tinyModel({ dropout: 0.1 }).save(starter);
  const before = process.env.AGRO_RERANKER_STARTER;
  process.env.AGRO_RERANKER_STARTER = starter;
  const dataDir = join(folder, 'data');
  const resolved = resolveSettings({
    file: {
      dataDir,
      port: 0,
      databaseUrl: location.url,
      serviceLogPath: join(folder, 'log'),
      maxLength: 32,
      trainMaxLength: 32,
      trainBatch: 8,
      learningRate: 1e-3,
      // A busy machine answers late, and not degraded.
      timeoutMs: 600_000,
      ...settings,
    },
  });
  const service = await startService({
    resolved,
    version: 'test',
    api: true,
    worker: true,
    configFolder: folder,
    ...options,
  });
  const url = service.url ?? '';
  const call: TestService['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && {
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  };
  return {
    url,
    dataDir,
    call,
    ended: async (id) => {
      for (;;) {
        const { body } = await call('GET', `/api/runs/${id}`);
        if (body.finished !== null) return body;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    close: async () => {
      await service.close();
      if (before === undefined) delete process.env.AGRO_RERANKER_STARTER;
      else process.env.AGRO_RERANKER_STARTER = before;
      await location.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
