import { appendFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  LiveChangedError,
  listModels,
  promote,
  readHistory,
  readLive,
  resolveModel,
  rollback,
  STARTER,
  updateManifest,
  verifyModel,
} from '../../src/registry/index.js';
import { makeModel } from './model-folder.js';

const A = '20260102T030405Z-softmax';
const B = '20260103T030405Z-bce';
const C = '20260104T030405Z-mnr';
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'registry-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('the live model', () => {
  it('is the starter until a model is promoted', async () => {
    expect(await readLive(dataDir)).toMatchObject({ id: STARTER, before: [] });
    expect(await readHistory(dataDir)).toEqual([]);
  });

  it('returns step by step to earlier live models, and changes again', async () => {
    for (const id of [A, B, C]) await makeModel(dataDir, id);
    for (const id of [A, B, C]) await promote(dataDir, id, { reason: 'better' });
    expect((await rollback(dataDir)).to).toBe(B);
    expect((await rollback(dataDir)).to).toBe(A);
    await promote(dataDir, C, { reason: 'again', forced: true });
    expect((await rollback(dataDir)).to).toBe(A);
    expect((await rollback(dataDir)).to).toBe(STARTER);
    await expect(rollback(dataDir)).rejects.toThrow(/no model was live before starter/);
    const history = await readHistory(dataDir);
    expect(history.map(({ action, from, to }) => `${action} ${from} ${to}`)).toEqual([
      `promote ${STARTER} ${A}`,
      `promote ${A} ${B}`,
      `promote ${B} ${C}`,
      `rollback ${C} ${B}`,
      `rollback ${B} ${A}`,
      `force-promote ${A} ${C}`,
      `rollback ${C} ${A}`,
      `rollback ${A} ${STARTER}`,
    ]);
    expect(history[0]).toMatchObject({ loss: 'CrossEntropyLoss', reason: 'better' });
    expect(history.at(-1)).toMatchObject({ to: STARTER, loss: 'MarginMSELoss' });
  });

  it('stays if it changed after the comparison with the candidate', async () => {
    for (const id of [A, B]) await makeModel(dataDir, id);
    await promote(dataDir, A, { reason: 'better', over: STARTER });
    const late = promote(dataDir, B, { reason: 'better', over: STARTER });
    await expect(late).rejects.toThrow(LiveChangedError);
    expect((await readLive(dataDir)).id).toBe(A);
    await promote(dataDir, B, { reason: 'better', over: A });
  });

  it('stays if the candidate is damaged, incomplete or missing', async () => {
    await makeModel(dataDir, A);
    await makeModel(dataDir, B);
    await promote(dataDir, A, { reason: 'better' });
    await writeFile(join(dataDir, 'models', B, 'model.safetensors'), 'other weights');
    await expect(promote(dataDir, B, { reason: '' })).rejects.toThrow(
      /does not match the manifest/,
    );
    await rm(join(dataDir, 'models', B, 'manifest.json'));
    await expect(promote(dataDir, B, { reason: '' })).rejects.toThrow(/is not a model/);
    await expect(promote(dataDir, C, { reason: '' })).rejects.toThrow(/is not a model/);
    expect((await readLive(dataDir)).id).toBe(A);
    expect(await readHistory(dataDir)).toHaveLength(1);
  });

  it('stays if the model to roll back to is damaged', async () => {
    for (const id of [A, B]) await makeModel(dataDir, id);
    for (const id of [A, B]) await promote(dataDir, id, { reason: 'better' });
    await rm(join(dataDir, 'models', A, 'onnx', 'model.onnx'));
    await expect(rollback(dataDir)).rejects.toThrow(/onnx.*does not match the manifest/);
    expect((await readLive(dataDir)).id).toBe(B);
  });

  it('has an error that says how to repair a damaged pointer', async () => {
    await makeModel(dataDir, A);
    await writeFile(join(dataDir, 'models', 'live.json'), '{"id": ');
    await expect(readLive(dataDir)).rejects.toThrow(/is damaged\. Remove it/);
  });

  it('loses no promotion if several processes promote at once', async () => {
    const ids = Array.from({ length: 8 }, (_, day) => `202601${10 + day}T030405Z-softmax`);
    for (const id of ids) await makeModel(dataDir, id);
    await Promise.all(ids.map((id) => promote(dataDir, id, { reason: 'at once' })));
    const history = await readHistory(dataDir);
    expect(history.map(({ to }) => to).sort()).toEqual(ids);
    const { id, before } = await readLive(dataDir);
    expect([...before, id]).toEqual([STARTER, ...history.map(({ to }) => to)]);
  });
});

describe('the history', () => {
  it('skips a line that a crash cut off and continues after it', async () => {
    for (const id of [A, B]) await makeModel(dataDir, id);
    await promote(dataDir, A, { reason: 'better' });
    await appendFile(join(dataDir, 'models', 'history.jsonl'), '{"time":"2026-01-0');
    await promote(dataDir, B, { reason: 'better still' });
    expect((await readHistory(dataDir)).map(({ to }) => to)).toEqual([A, B]);
  });

  it('includes the change that a crash kept from being written', async () => {
    for (const id of [A, B]) await makeModel(dataDir, id);
    await promote(dataDir, A, { reason: 'better' });
    await writeFile(join(dataDir, 'models', 'history.jsonl'), '');
    expect((await readHistory(dataDir)).map(({ to }) => to)).toEqual([A]);
    await promote(dataDir, B, { reason: 'better still' });
    expect((await readHistory(dataDir)).map(({ to }) => to)).toEqual([A, B]);
  });
});

describe('model folders', () => {
  it('are models once they have a manifest, the newest first', async () => {
    await makeModel(dataDir, A);
    await makeModel(dataDir, C);
    await makeModel(dataDir, B);
    await rm(join(dataDir, 'models', B, 'manifest.json'));
    expect((await listModels(dataDir)).map(({ manifest }) => manifest.id)).toEqual([C, A]);
  });

  it('are found under their own name, not under the name of a copy', async () => {
    await makeModel(dataDir, A);
    const copy = join(dataDir, 'models', `${A}-old`);
    await cp(join(dataDir, 'models', A), copy, { recursive: true });
    await updateManifest(copy, { blendAlpha: 0.2, evaluation: null });
    expect(await listModels(dataDir)).toHaveLength(1);
    expect(await resolveModel(dataDir, A)).toMatchObject({ path: join(dataDir, 'models', A) });
    await rm(join(dataDir, 'models', A), { recursive: true });
    await expect(resolveModel(dataDir, A)).rejects.toThrow(/There is no model/);
  });

  it('accept evaluations in the manifest and still match it', async () => {
    await makeModel(dataDir, A);
    const folder = join(dataDir, 'models', A);
    await updateManifest(folder, { blendAlpha: 0.85, evaluation: null });
    expect((await verifyModel(folder)).blendAlpha).toBe(0.85);
    expect(await readdir(folder)).toEqual(['manifest.json', 'model.safetensors', 'onnx']);
  });
});

describe('the loss of a model', () => {
  it('is the loss of its manifest, or the last in its model card', async () => {
    await makeModel(dataDir, A);
    expect(await resolveModel(dataDir, A)).toMatchObject({ loss: 'CrossEntropyLoss' });
    expect(await resolveModel(dataDir, STARTER)).toMatchObject({ loss: 'MarginMSELoss' });
    const folder = join(dataDir, 'elsewhere');
    await mkdir(folder);
    expect(await resolveModel(dataDir, folder)).toMatchObject({ loss: null });
    await writeFile(join(folder, 'README.md'), '---\ntags:\n- loss:LambdaLoss\n---\n- loss:X\n');
    expect(await resolveModel(dataDir, folder)).toMatchObject({ loss: 'LambdaLoss' });
  });
});
