import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../api/running-service.js';

const reranker = fileURLToPath(new URL('../../bin/reranker.js', import.meta.url));

/** What speaks Cohere's v2 for the command: another service of ours. */
let service: TestService;
beforeAll(async () => {
  service = await startTestService('embedded');
});
afterAll(() => service.close());

async function rerank(environment: Record<string, string>, ...options: string[]) {
  const folder = dirname(service.dataDir);
  await writeFile(join(folder, 'documents.jsonl'), '"red"\n"blue"\n"green sky"\n');
  const args = ['rerank', 'sky', '--documents', 'documents.jsonl', ...options];
  const child = spawn(process.execPath, [reranker, ...args], {
    cwd: folder,
    env: { ...process.env, AGRO_RERANKER_BACKEND: 'cloud', ...environment },
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err };
}
const KEY = 'planted-cloud-key';
const order = (results: { index: number }[]) => results.map(({ index }) => index);

test('the command line reranks with the cloud if that is the backend', async () => {
  const environment = {
    COHERE_API_KEY: KEY,
    AGRO_RERANKER_CLOUD_URL: `${service.url}/cohere`,
    AGRO_RERANKER_CLOUD_ALLOW_PRIVATE: '1',
  };
  const { out, err } = await rerank(environment, '--json');
  const answer = JSON.parse(out);
  const documents = ['red', 'blue', 'green sky'];
  const asked = await service.call('POST', '/v2/rerank', { query: 'sky', documents });
  expect(answer).toMatchObject({ backend: 'cloud', model: 'rerank-v3.5', degraded: null });
  expect(order(answer.results)).toEqual(order(asked.body.results));
  expect(out + err).not.toContain(KEY);
});

test('a cloud without a key keeps the original order and gives the reason', async () => {
  const { out, err } = await rerank({ COHERE_API_KEY: '' });
  expect(out).toMatch(/red\n.*blue\n.*green sky\n$/);
  expect(err).toContain('COHERE_API_KEY');
  expect(err).toContain('cloud-not-set-up');
  const json = await rerank({ COHERE_API_KEY: '' }, '--json');
  const expected = { degraded: 'cloud-not-set-up', model: null };
  expect(JSON.parse(json.out)).toMatchObject(expected);
});
