import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { projectRecords, readSnapshot } from '../../src/datasets/index.js';
import { listModels, modelsFolder, readLive, verifyModel } from '../../src/registry/index.js';
import {
  type NewTraining,
  newTrainingFolder,
  resumeTraining,
  startTraining,
  unfinishedTrainings,
} from '../../src/training/start-training.js';
import type { TrainingMessage, TrainingOutcome } from '../../src/training/training-request.js';
import { childProcesses } from '../processes/child-processes.js';
import { colourRecords, type TinyProject, tinyProject } from './tiny-project.js';

let project: TinyProject;
beforeEach(async () => {
  project = await tinyProject();
});
afterEach(() => project.remove());

const modelOf = ({ modelId }: TrainingOutcome) => join(modelsFolder(project.dataDir), `${modelId}`);
const weightsOf = async (outcome: TrainingOutcome) =>
  (await readFile(join(modelOf(outcome), 'model.safetensors'))).toString('base64');
const lastRun = async () => (await readdir(join(project.dataDir, 'runs'))).sort().at(-1) ?? '';

/** Does something once, when a run has made so many updates. */
function atStep(step: number, act: () => void): (event: TrainingMessage) => void {
  let done = false;
  return (event) => {
    if (done || event.type !== 'step' || event.step < step) return;
    done = true;
    act();
  };
}

/** Kills the processes this one started to train in; the parent process is left alone. */
function killTrainingProcess(): void {
  const child = childProcesses().find(({ command }) => command.includes('training-process.js'));
  process.kill(child?.pid ?? Number.NaN, 'SIGKILL');
}

describe('a training', () => {
  it('ends with a complete model that records its training and is not live', async () => {
    const events: TrainingMessage[] = [];
    const outcome = await startTraining(project.run('softmax'), {
      onEvent: (one) => events.push(one),
    });
    expect(outcome).toMatchObject({ reason: 'completed', steps: 20 });
    const manifest = await verifyModel(modelOf(outcome));
    expect(manifest).toMatchObject({
      id: outcome.modelId,
      base: 'starter',
      head: 'converted',
      datasetHash: project.dataset.manifest.hash,
      seed: 42,
      training: { steps: 20 },
    });
    expect(manifest.loss).toMatchObject({ name: 'CrossEntropyLoss', alias: 'softmax' });
    expect(manifest.id).toMatch(/-softmax$/);
    expect(Object.keys(manifest.files)).toContain('onnx/model.onnx');
    expect(manifest.versions['onnxruntime-node']).toMatch(/^\d+\.\d+\.\d+/);
    expect((await readLive(project.dataDir)).id).toBe('starter');
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(20);
    expect(events.filter(({ type }) => type === 'evaluation')).toHaveLength(5);
    const log = await readFile(
      join(project.dataDir, 'runs', await lastRun(), 'events.jsonl'),
      'utf8',
    );
    expect(
      log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(events.map(({ type }) => type));
    expect(await unfinishedTrainings(project.dataDir)).toEqual([]);
    const kept = await readdir(join(project.dataDir, 'runs', await lastRun()));
    expect(kept.sort()).toEqual(['events.jsonl', 'outcome.json', 'request.json']);
  });

  it('works with each loss that this data fits', async () => {
    for (const loss of ['bce', 'mnr']) {
      const outcome = await startTraining(project.run(loss));
      const { head } = await verifyModel(modelOf(outcome));
      expect(head).toBe('kept');
    }
    expect(await listModels(project.dataDir)).toHaveLength(2);
  });

  it('works on a dataset without dev queries', async () => {
    const outcome = await startTraining(project.run('bce', { devQueries: 0 }));
    expect(outcome.reason).toBe('completed');
  });

  it("mixes in the starter's rows, also if its base model was trained from the starter", async () => {
    const rows = colourRecords(40).map((record) => `${JSON.stringify(record)}\n`);
    await writeFile(join(project.starter, 'replay.jsonl'), rows.join(''));
    const preparedRows = async (base: NewTraining['base']) => {
      const prepared: number[] = [];
      const onEvent = (event: TrainingMessage) => {
        if (event.type === 'prepared') prepared.push(event.rows);
      };
      const outcome = await startTraining(project.run('bce', { base, replayPercent: 10 }), {
        onEvent,
      });
      return { outcome, prepared };
    };
    const first = await preparedRows({ id: 'starter', path: project.starter });
    await verifyModel(modelOf(first.outcome));
    const { prepared } = await preparedRows({ id: 'first', path: modelOf(first.outcome) });
    const own = projectRecords(
      (await readSnapshot(project.dataset.path)).train,
      'labelled-pairs',
    ).length;
    expect(first.prepared).toEqual([own + Math.round(own / 10)]);
    expect(prepared).toEqual(first.prepared);
  });

  it('is refused during another training, which continues', async () => {
    let second: Promise<unknown> | undefined;
    const onEvent = atStep(3, () => {
      second = startTraining(project.run('bce')).catch((error: unknown) => error);
    });
    const outcome = await startTraining(project.run('softmax'), { onEvent });
    expect(await second).toMatchObject({ name: 'TrainingLockError' });
    expect(String(await second)).toContain(`process ${process.pid}`);
    expect(outcome.reason).toBe('completed');
    expect(await readdir(join(project.dataDir, 'runs'))).toHaveLength(1);
  });

  it('that fails leaves no model and frees the lock', async () => {
    const damaged = project.run('bce', { base: { id: 'nothing', path: '/nowhere' } });
    await expect(startTraining(damaged)).rejects.toThrow(/nowhere.*config\.json/);
    expect(await listModels(project.dataDir)).toEqual([]);
    await startTraining(project.run('bce'));
  });
});

describe('a stopped training', () => {
  it('keeps a checkpoint, makes no model, and when resumed ends with the same weights', async () => {
    const whole = await startTraining(project.run('softmax'));
    const controller = new AbortController();
    const stopped = await startTraining(project.run('softmax'), {
      signal: controller.signal,
      onEvent: atStep(6, () => controller.abort()),
    });
    expect(stopped).toMatchObject({ modelId: null, reason: 'aborted' });
    expect(await listModels(project.dataDir)).toHaveLength(1);
    const resumed = await resumeTraining(project.dataDir, undefined);
    expect(resumed).toMatchObject({ reason: 'completed', steps: 20 });
    expect(await weightsOf(resumed)).toBe(await weightsOf(whole));
    await expect(resumeTraining(project.dataDir, undefined)).rejects.toThrow(
      /no unfinished training/,
    );
  });

  it('by kill -9 says how to continue, and continues from its last checkpoint', async () => {
    const whole = await startTraining(project.run('softmax'));
    const killed = startTraining(project.run('softmax'), {
      onEvent: atStep(10, killTrainingProcess),
    });
    await expect(killed).rejects.toThrow(/SIGKILL.*reranker train --resume \d+T\d+Z-softmax/);
    const resumed = await resumeTraining(project.dataDir, await lastRun());
    expect(await weightsOf(resumed)).toBe(await weightsOf(whole));
  });

  it('whose model is complete is only marked as ended', async () => {
    const outcome = await startTraining(project.run('softmax'));
    const before = await verifyModel(modelOf(outcome));
    await rm(join(project.dataDir, 'runs', `${outcome.modelId}`, 'outcome.json'));
    expect(await resumeTraining(project.dataDir, undefined)).toMatchObject({
      modelId: outcome.modelId,
    });
    expect(await verifyModel(modelOf(outcome))).toEqual(before);
  });

  it('whose model is not complete makes it again with the same id', async () => {
    const outcome = await startTraining(project.run('softmax'));
    await rm(join(modelOf(outcome), 'manifest.json'));
    await rm(join(project.dataDir, 'runs', `${outcome.modelId}`, 'outcome.json'));
    const again = await resumeTraining(project.dataDir, undefined);
    expect(again.modelId).toBe(outcome.modelId);
    await verifyModel(modelOf(again));
  });

  it('continues if the base model is in another folder, as on another machine', async () => {
    const controller = new AbortController();
    await startTraining(project.run('bce'), {
      signal: controller.signal,
      onEvent: atStep(6, () => controller.abort()),
    });
    const path = join(project.dataDir, 'runs', await lastRun(), 'request.json');
    const asked = JSON.parse(await readFile(path, 'utf8'));
    const elsewhere = { ...asked, base: { id: 'starter', path: '/not/on/this/machine' } };
    await writeFile(path, JSON.stringify(elsewhere));
    vi.stubEnv('AGRO_RERANKER_STARTER', project.starter);
    try {
      expect(await resumeTraining(project.dataDir, undefined)).toMatchObject({
        reason: 'completed',
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

it('two trainings that start at once, as on two machines, have separate folders', async () => {
  const ids = await Promise.all([1, 2, 3].map(() => newTrainingFolder(project.dataDir, 'bce')));
  expect(new Set(ids).size).toBe(3);
});
