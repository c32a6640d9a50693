import { lstat, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type HubError, hubCacheFolder, parseHubId } from '../../src/formats/hub-cache.js';
import { downloadModel } from '../../src/formats/hub-download.js';
import { type StandInHub, startStandInHub } from './stand-in-hub.js';

const commit = 'a'.repeat(40);
const token = 'hf_secretsecretsecret';
let hub: StandInHub;
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hub-'));
  hub = await startStandInHub(
    'cross-encoder/tiny',
    new Map([
      ['config.json', Buffer.from('{"model_type":"bert"}')],
      ['tokenizer.json', Buffer.from('{}')],
      ['model.safetensors', Buffer.alloc(300_000, 7)],
      ['pytorch_model.bin', Buffer.from('pickle')],
      ['modeling_evil.py', Buffer.from('import os')],
    ]),
  );
});
afterEach(async () => {
  await hub.close();
  await rm(home, { recursive: true });
});

const environment = (more: Record<string, string> = {}) => ({
  HF_HOME: home,
  HF_ENDPOINT: hub.url,
  ...more,
});
const download = (more: Record<string, string> = {}, revision?: string) =>
  downloadModel('tiny', { environment: environment(more), ...(revision && { revision }) });
const refusal = (promise: Promise<string>): Promise<HubError> =>
  promise.then(
    () => expect.fail('it was not refused'),
    (error) => error,
  );

test("the cache has the layout of Python's, with safetensors only and no code", async () => {
  const progress: number[] = [];
  const folder = await downloadModel('tiny', {
    environment: environment(),
    onProgress: ({ file, done, total }) => {
      if (file === 'model.safetensors') progress.push(done / total);
    },
  });
  const model = join(home, 'hub/models--cross-encoder--tiny');
  expect(folder).toBe(join(model, 'snapshots', commit));
  expect((await readdir(folder)).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
  ]);
  for (const name of await readdir(folder)) {
    expect(await readFile(join(folder, name))).toEqual(hub.files.get(name));
    expect((await lstat(join(folder, name))).isSymbolicLink()).toBe(true);
    expect(await realpath(join(folder, name))).toContain(join(model, 'blobs'));
  }
  expect(await readFile(join(model, 'refs/main'), 'utf8')).toBe(commit);
  expect(progress.at(-1)).toBe(1);
  expect(hub.requests.join()).not.toMatch(/resolve\/[^,]*(?:\.bin|\.py)/);
});

test('cached files are not downloaded again; a new commit downloads only changed files', async () => {
  await download();
  hub.requests.length = 0;
  await download();
  expect(hub.requests.filter((request) => request.includes('resolve'))).toEqual([]);
  hub.commit = 'b'.repeat(40);
  hub.files.set('config.json', Buffer.from('{"model_type":"bert","new":true}'));
  const folder = await download();
  expect(folder).toContain(hub.commit);
  expect(await readFile(join(folder, 'config.json'), 'utf8')).toContain('new');
  expect(hub.requests.some((request) => request.includes('resolve/b'))).toBe(true);
  expect(hub.requests.some((request) => request.endsWith('model.safetensors'))).toBe(false);
});

describe('without the hub', () => {
  test('HF_HUB_OFFLINE uses the cache and sends nothing', async () => {
    const folder = await download();
    hub.requests.length = 0;
    expect(await download({ HF_HUB_OFFLINE: '1' })).toBe(folder);
    expect(hub.requests).toEqual([]);
  });

  test('HF_HUB_OFFLINE with an empty cache is an error that says what to do', async () => {
    const error = await refusal(download({ HF_HUB_OFFLINE: 'true' }));
    expect(error).toMatchObject({ name: 'HubError', code: 'offline' });
    expect(error.message).toMatch(/cross-encoder\/tiny.*HF_HUB_OFFLINE/);
    expect(hub.requests).toEqual([]);
  });

  test('the cache is used if the hub does not respond', async () => {
    const folder = await download();
    expect(await download({ HF_ENDPOINT: 'http://127.0.0.1:9' })).toBe(folder);
    hub.refuseWith = 503;
    expect(await download()).toBe(folder);
  });

  test('a cached commit sends no request', async () => {
    const folder = await download({}, commit);
    hub.requests.length = 0;
    expect(await download({}, commit)).toBe(folder);
    expect(hub.requests).toEqual([]);
  });

  test('a cache without weights is not a model', async () => {
    const folder = await download();
    await rm(join(folder, 'model.safetensors'));
    expect((await refusal(download({ HF_HUB_OFFLINE: '1' }))).code).toBe('offline');
  });
});

describe('a failed download is explained and leaves no partial file', () => {
  const blobs = () => readdir(join(home, 'hub/models--cross-encoder--tiny/blobs'));

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['changed', (bytes) => Buffer.from(bytes).fill(8, 1000, 1001)],
    ['cut short', (bytes) => bytes.subarray(0, -1)],
    ['too long', (bytes) => Buffer.concat([bytes, bytes])],
  ])('weights that are %s', async (_, change) => {
    hub.damage = (path, bytes) => (path === 'model.safetensors' ? change(bytes) : bytes);
    expect((await refusal(download())).code).toBe('damaged');
    expect((await blobs()).length).toBe(2);
    delete hub.damage;
    expect((await readFile(join(await download(), 'model.safetensors'))).length).toBe(300_000);
  });

  test('a model that does not exist or is not public', async () => {
    expect((await refusal(downloadModel('no/such', { environment: environment() }))).code).toBe(
      'not-found',
    );
    hub.refuseWith = 401;
    const error = await refusal(download());
    expect(error.code).toBe('no-access');
    expect(error.message).toContain('HF_TOKEN is not set');
  });

  test('a model with pickled weights alone', async () => {
    hub.files.delete('model.safetensors');
    const error = await refusal(download());
    expect(error.code).toBe('no-safetensors');
    expect(error.message).toMatch(/pytorch_model\.bin.*never downloaded/);
  });

  test('a hub that cannot be reached', async () => {
    const error = await refusal(download({ HF_ENDPOINT: 'http://127.0.0.1:9' }));
    expect(error.code).toBe('network');
    expect(error.message).toMatch(/Check the connection/);
  });

  test("a response that is not the hub's", async () => {
    hub.commit = '../../evil';
    expect((await refusal(download())).code).toBe('network');
  });

  test('an abort', async () => {
    const controller = new AbortController();
    hub.damage = (_, bytes) => {
      controller.abort(new Error('enough'));
      return bytes;
    };
    const options = { environment: environment(), signal: controller.signal };
    await expect(downloadModel('tiny', options)).rejects.toThrow('enough');
  });
});

test('the token is sent to the hub and appears nowhere else', async () => {
  const printed: unknown[] = [];
  const spies = (['log', 'info', 'debug', 'warn', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...args) => void printed.push(args)),
  );
  await download({ HF_TOKEN: token });
  expect(hub.tokens).toEqual(new Set([`Bearer ${token}`]));
  hub.refuseWith = 403;
  const error = await refusal(
    downloadModel('other/model', { environment: environment({ HF_TOKEN: token }) }),
  );
  for (const spy of spies) spy.mockRestore();
  expect(printed).toEqual([]);
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(token);
  expect(error.message).toContain('HF_TOKEN has no access');
});

describe('ids', () => {
  test('a name alone belongs to cross-encoder/', () => {
    expect(parseHubId('ms-marco-MiniLM-L6-v2')).toEqual({
      owner: 'cross-encoder',
      name: 'ms-marco-MiniLM-L6-v2',
      revision: 'main',
    });
    expect(parseHubId('BAAI/bge-reranker_v2.m3', 'refs/pr/1').name).toBe('bge-reranker_v2.m3');
  });

  test.each([
    '',
    '.',
    '..',
    '../x',
    'a/..',
    'a/../b',
    'a/b/c',
    '/etc/passwd',
    'a//b',
    'a/b/',
    'a\\b/c',
    'a/b\0',
    'a/b?x',
    'a/b#x',
    'a/%2e%2e',
    'a/b ',
    ' a/b',
    'a/b\n',
    'a--b/c',
    '.a/b',
    'a/b.',
    '-a/b',
    'a/．．',
    'https://evil/x',
    'C:\\x',
    '\\\\host\\share',
    `a/${'x'.repeat(97)}`,
    'a/b.git',
    '~/x',
    '$HOME/x',
    'a/ä',
  ])('%j is refused before anything is looked up', async (id) => {
    const error = await refusal(downloadModel(id, { environment: environment() }));
    expect(error.code).toBe('bad-id');
    expect(hub.requests).toEqual([]);
    expect(await readdir(home)).toEqual([]);
  });

  test.each(['..', '../main', 'a/../b', '/main', 'main/', '', 'a b', 'x\0'])(
    'the revision %j is refused',
    (revision) => {
      expect(() => parseHubId('a/b', revision)).toThrow(/not a revision/);
    },
  );
});

test('the variables of Hugging Face choose the cache folder', () => {
  expect(hubCacheFolder({})).toBe(join(homedir(), '.cache/huggingface/hub'));
  expect(hubCacheFolder({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub');
  expect(hubCacheFolder({ XDG_CACHE_HOME: '/x', HF_HOME: '/h' })).toBe('/h/hub');
  expect(hubCacheFolder({ HF_HOME: '/h', HF_HUB_CACHE: '/c' })).toBe('/c');
});
