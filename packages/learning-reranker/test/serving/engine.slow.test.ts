import { getEventListeners } from 'node:events';
import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { resolveSettings } from '../../src/config/index.js';
import {
  finishModel,
  modelsFolder,
  newModelId,
  promote,
  readLive,
  rollback,
  updateManifest,
} from '../../src/registry/index.js';
import { type ModelEvent, OverloadedError } from '../../src/serving/backends/backend.js';
import { RerankEngine } from '../../src/serving/engine.js';
import { childProcesses } from '../processes/child-processes.js';

/** More than a busy machine needs to start a process. */
const WAIT_MS = 300_000;

let folder: string;
let dataDir: string;
let engine: RerankEngine | undefined;
let events: ModelEvent[];
const starterBefore = process.env.AGRO_RERANKER_STARTER;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
  dataDir = join(folder, 'data');
  events = [];
  await tinyModel({ seed: 1 }).save(join(folder, 'starter'));
  process.env.AGRO_RERANKER_STARTER = join(folder, 'starter');
});
afterEach(async () => {
  await engine?.close();
  engine = undefined;
  if (starterBefore === undefined) delete process.env.AGRO_RERANKER_STARTER;
  else process.env.AGRO_RERANKER_STARTER = starterBefore;
  await rm(folder, { recursive: true, force: true });
});

async function open(settings: Record<string, unknown> = {}): Promise<RerankEngine> {
  const resolved = resolveSettings({
    file: { dataDir, maxLength: 32, timeoutMs: WAIT_MS, ...settings },
  });
  engine = await RerankEngine.open({
    settings: resolved.settings,
    onEvent: (event) => events.push(event),
  });
  return engine;
}

/** A model in the registry, unlike the starter. */
async function makeModel(
  second: number,
  model = tinyModel({ seed: 10 + second }),
): Promise<string> {
  const id = newModelId('bce', new Date(Date.UTC(2026, 0, 1, 0, 0, second)));
  const path = join(modelsFolder(dataDir), id);
  await model.save(path);
  await finishModel(path, {
    version: 1,
    id,
    created: new Date().toISOString(),
    loss: { name: 'BinaryCrossEntropyLoss', alias: 'bce', parameters: {} },
    base: 'starter',
    head: 'kept',
    datasetHash: '0'.repeat(16),
    seed: 42,
    trainingArguments: {},
    training: { steps: 1, rows: 1, loss: 0, seconds: 0 },
    blendAlpha: null,
    evaluation: null,
    versions: {},
  });
  return id;
}

/** A model with finite weights, whose logits are not numbers when a token stands at a place. */
function overflowing(token: string, place: number) {
  const model = tinyModel();
  const id = model.encode([[token, '']])[0]?.inputIds[1] as number;
  for (const [name, row] of [
    ['word', id],
    ['position', place],
  ] as const) {
    const { data, shape } = model.weights.get(`bert.embeddings.${name}_embeddings.weight`)!;
    const width = shape[1] as number;
    // Each is finite, and their sum is not.
    data.fill(3e38, row * width, (row + 1) * width);
  }
  return model;
}

const documents = ['red', 'green', 'blue'].map((text) => ({ text }));
const request = { query: 'sky', documents };
const logits = (answer: Awaited<ReturnType<RerankEngine['rerank']>>) =>
  [...answer.results].sort((a, b) => a.index - b.index).map(({ logit }) => logit);
const many = (length: number) =>
  Array.from({ length }, (_, at) => ({ text: `${at} red green blue sky sea` }));
/** The model processes that this one has started. */
const hosts = () =>
  childProcesses()
    .filter(({ command }) => command.includes('model-process'))
    .map(({ pid }) => pid);

describe('the local-learning backend', () => {
  test('a pair’s score is its own, however many requests are scored together', async () => {
    const { rerank } = Object.getPrototypeOf(await open()) as RerankEngine;
    const ask = (query: string, texts: readonly string[]) =>
      rerank.call(engine as RerankEngine, {
        query,
        documents: texts.map((text) => ({ text })),
      });
    const words = ['sky', 'sea', 'grass', 'blood', 'rose red', 'leaf green sky', 'a b c d e f'];
    const alone = new Map<string, number>();
    for (const query of words) {
      for (const text of words) {
        alone.set(`${query}|${text}`, (await ask(query, [text])).results[0]?.logit ?? 0);
      }
    }
    const together = await Promise.all(words.map((query) => ask(query, words)));
    together.forEach(({ results }, at) => {
      for (const { text, logit } of results) {
        expect(logit).toBeCloseTo(alone.get(`${words[at]}|${text}`) ?? 0, 5);
      }
    });
  });

  test('a process that is killed is replaced, and no request fails', async () => {
    const running = await open();
    const expected = logits(await running.rerank(request));
    for (let kill = 0; kill < 3; kill++) {
      const [host] = hosts();
      const asked = Array.from({ length: 20 }, () => running.rerank(request));
      process.kill(host as number, 'SIGKILL');
      for (const answer of await Promise.all(asked)) {
        expect(answer.degraded).toBeNull();
        expect(logits(answer)).toEqual(expected);
      }
    }
    expect(events.filter(({ type }) => type === 'host-ended').length).toBeGreaterThan(0);
    await running.close();
    await expect.poll(hosts, { timeout: WAIT_MS }).toEqual([]);
  });

  test('a process that cannot be replaced at once is replaced later', async () => {
    const running = await open({ reloadOnChange: false });
    await rename(join(folder, 'starter'), join(folder, 'away'));
    process.kill(hosts()[0] as number, 'SIGKILL');
    const failed = () => events.some(({ type }) => type === 'reload-failed');
    await expect.poll(failed, { timeout: WAIT_MS }).toBe(true);
    expect(await running.rerank(request)).toMatchObject({ degraded: 'model-unavailable' });
    await rename(join(folder, 'away'), join(folder, 'starter'));
    await expect.poll(() => running.current()?.id, { timeout: WAIT_MS }).toBe('starter');
    expect(await running.rerank(request)).toMatchObject({ degraded: null });
  });

  test('a promoted model answers, and each answer comes from one model', async () => {
    const ids = [await makeModel(1), await makeModel(2)] as const;
    const running = await open({ reloadPeriodSec: 3600 });
    const expected = new Map([['starter', logits(await running.rerank(request))]]);
    let done = false;
    const answers: Awaited<ReturnType<RerankEngine['rerank']>>[] = [];
    const load = (async () => {
      while (!done)
        answers.push(...(await Promise.all([1, 2, 3].map(() => running.rerank(request)))));
    })();
    for (let swap = 0; swap < 6; swap++) {
      const id = ids[swap % 2] as string;
      if (swap === 3) await rollback(dataDir);
      else await promote(dataDir, id, { forced: true, reason: 'test' }).catch(() => undefined);
      const { id: live } = await readLive(dataDir);
      await expect.poll(() => running.current()?.id, { timeout: WAIT_MS }).toBe(live);
      expected.set(live, logits(await running.rerank(request)));
    }
    done = true;
    await load;
    expect([...expected.keys()].sort()).toEqual(['starter', ...ids].sort());
    expect(new Set(answers.map(({ model }) => model?.id)).size).toBe(3);
    for (const answer of answers) {
      expect(answer.degraded).toBeNull();
      expect(logits(answer)).toEqual(expected.get(answer.model?.id ?? ''));
    }
    expect(answers.at(-1)?.model?.loss).toBe('BinaryCrossEntropyLoss');
  });

  test('without automatic reloads, a promoted model waits for a reload', async () => {
    const running = await open({ reloadOnChange: false, reloadPeriodSec: 1 });
    const id = await makeModel(1);
    await promote(dataDir, id, { forced: true, reason: 'test' });
    await sleep(2500);
    expect(running.current()?.id).toBe('starter');
    await running.reload();
    expect(running.current()?.id).toBe(id);
  });

  test('the blend weight that an evaluation finds for the live model is used after the next reload', async () => {
    const id = await makeModel(1);
    await promote(dataDir, id, { forced: true, reason: 'test' });
    const running = await open({ alpha: 'auto', reloadOnChange: false });
    const searched = { query: 'sky', documents: documents.map((one) => ({ ...one, score: 1 })) };
    expect((await running.rerank(searched)).alpha).toBe(0.7);
    await updateManifest(join(modelsFolder(dataDir), id), { blendAlpha: 0.3, evaluation: null });
    await running.reload();
    expect((await running.rerank(searched)).alpha).toBe(0.3);
    expect(events.filter(({ type }) => type === 'loaded')).toHaveLength(1);
  });

  test('a promoted model that is damaged afterwards does not replace the served one', async () => {
    const running = await open({ reloadOnChange: false });
    const id = await makeModel(1);
    await promote(dataDir, id, { forced: true, reason: 'test' });
    await writeFile(join(modelsFolder(dataDir), id, 'model.safetensors'), 'damaged');
    await running.reload();
    const model = { id, loss: 'BinaryCrossEntropyLoss' };
    expect(events.at(-1)).toMatchObject({ type: 'reload-failed', name: 'live', model });
    expect((await running.rerank(request)).model?.id).toBe('starter');
    await rollback(dataDir);
    await cp(join(folder, 'starter'), join(folder, 'copy'), { recursive: true });
  });

  test.each([
    ['an ordinary pair', '[CLS]', 0, 'fp32'],
    ['an ordinary pair in 8-bit integers', '[CLS]', 0, 'int8'],
    ['the shortest pair alone', '[SEP]', 2, 'fp32'],
    ['the longest pair alone', '[SEP]', 31, 'fp32'],
  ] as const)(
    'a model whose score for %s is not a number is not served',
    async (_name, token, place, dtype) => {
      const running = await open({ reloadOnChange: false, dtype });
      const id = await makeModel(1, overflowing(token, place));
      await promote(dataDir, id, { forced: true, reason: 'test' });
      await running.reload();
      expect(events.at(-1)).toMatchObject({ type: 'reload-failed' });
      expect((await running.rerank(request)).model?.id).toBe('starter');
    },
  );

  test('a score that is not a number makes the answer degraded', async () => {
    // Only texts that begin with this word, so that the check at loading passes.
    await overflowing('blood', 1).save(join(folder, 'starter'), { replace: true });
    const running = await open();
    expect(await running.rerank(request)).toMatchObject({ degraded: null });
    const answer = await running.rerank({ ...request, query: 'blood' });
    expect(answer).toMatchObject({ degraded: 'model-failed', model: null });
    expect(answer.results.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('an aborted request leaves the queue, and too many documents are refused', async () => {
    const running = await open();
    const controller = new AbortController();
    const first = running.rerank({
      query: 'sky',
      documents: many(9000),
      signal: controller.signal,
    });
    const second = running.rerank({ query: 'sea', documents: many(9000) });
    const third = running.rerank({ query: 'ink', documents: many(9000) });
    const refused = await third.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OverloadedError);
    expect((refused as OverloadedError).retryAfterSeconds).toBeGreaterThan(0);
    controller.abort(new DOMException('gone', 'AbortError'));
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect((await second).results).toHaveLength(9000);
  });

  test('a text far longer than the model reads is cut before it is sent', async () => {
    const running = await open();
    const long = 'sky red green blue '.repeat(50_000);
    const short = 'sky red green blue '.repeat(500);
    const ofLong = await running.rerank({ query: long, documents: [{ text: long }] });
    const ofShort = await running.rerank({ query: short, documents: [{ text: short }] });
    expect(ofLong.usage).toEqual({ ...ofShort.usage, truncatedPairs: 1 });
    expect(logits(ofLong)).toEqual(logits(ofShort));
    // Blanks are no tokens, but text after so many of them is not read.
    const blank = { text: `sky${' '.repeat(100_000)}red` };
    expect((await running.rerank({ query: 'sky', documents: [blank] })).usage.truncatedPairs).toBe(
      1,
    );
  });

  test('a request that never ran before its deadline spent all its time in the queue', async () => {
    const running = await open();
    const controller = new AbortController();
    const { signal } = controller;
    const before = running.rerank({ query: 'sky', documents: many(9000), signal });
    const late = await running.rerank({ ...request, deadlineMs: 20 });
    expect(late).toMatchObject({
      degraded: 'deadline',
      timings: { tokenizeMs: 0, inferenceMs: 0 },
    });
    expect(late.timings.queueMs).toBeGreaterThan(10);
    expect(late.timings.queueMs).toBeLessThanOrEqual(late.timings.totalMs);
    controller.abort(new Error('done'));
    await expect(before).rejects.toThrow('done');
  });

  test('an aborted request does not wait for the process that replaces another', async () => {
    const running = await open();
    await running.rerank(request);
    const [host] = hosts();
    const controller = new AbortController();
    const ended = () => events.some(({ type }) => type === 'host-ended');
    const asked = running.rerank({
      ...request,
      documents: many(2000),
      signal: controller.signal,
      deadlineMs: WAIT_MS,
    });
    const refused = asked.catch((error: unknown) => ({ error, model: running.current() }));
    process.kill(host as number, 'SIGKILL');
    await expect.poll(ended, { interval: 5, timeout: WAIT_MS }).toBe(true);
    controller.abort(new Error('gone'));
    expect(await refused).toMatchObject({ error: { message: 'gone' }, model: null });
  });

  test('an answered request leaves no listener on its signal', async () => {
    const { signal } = new AbortController();
    const engine = await RerankEngine.open({
      settings: resolveSettings({ file: { backend: 'none' } }).settings,
    });
    for (let at = 0; at < 3; at++) {
      await engine.rerank({ query: 'q', documents: [{ text: 'a' }], signal });
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('without a model documents keep their order, and the answer says why', async () => {
    process.env.AGRO_RERANKER_STARTER = join(folder, 'nowhere');
    const running = await open();
    expect(running.current()).toBeNull();
    const answer = await running.rerank(request);
    expect(answer).toMatchObject({ degraded: 'model-unavailable', model: null });
    expect(answer.results.map(({ index }) => index)).toEqual([0, 1, 2]);
  });
});
