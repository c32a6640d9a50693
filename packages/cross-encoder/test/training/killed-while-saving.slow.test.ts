import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSafetensors } from '../../src/formats/safetensors.js';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import { tinyModel } from '../tiny-model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const script = fileURLToPath(new URL('training-process.mjs', import.meta.url));

function start(checkpoints: string, ...words: string[]): ChildProcess {
  const args = [script, join(folder, 'model'), checkpoints, ...words];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function hashAtEnd(checkpoints: string, ...words: string[]): Promise<string> {
  const child = start(checkpoints, ...words);
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  return output;
}

/** Kills the process while it writes the checkpoint of a step or of a later one; on a busy machine, soon after. */
async function killWhileSaving(child: ChildProcess, checkpoints: string, step: number) {
  const ended = once(child, 'exit');
  while (child.exitCode === null) {
    const names = await readdir(checkpoints).catch(() => []);
    const written = names.map((name) =>
      Number(/^\.?checkpoint-(\d+)(?:\..*tmp)?$/.exec(name)?.[1]),
    );
    if (written.some((number) => number >= step)) break;
  }
  child.kill('SIGKILL');
  expect((await ended)[1]).toBe('SIGKILL');
}

test('a training that is killed repeatedly while it writes a checkpoint ends with the same weights', async () => {
  await tinyModel().save(join(folder, 'model'));
  const whole = await hashAtEnd(join(folder, 'whole'));
  expect(whole).toMatch(/^[0-9a-f]{64}$/);

  const checkpoints = join(folder, 'checkpoints');
  for (const step of [2, 5, 8]) {
    await killWhileSaving(
      start(checkpoints, step > 2 ? 'resume' : '', 'wait-at-end'),
      checkpoints,
      step,
    );
    const complete = await listCheckpoints(checkpoints);
    expect(complete.length).toBeGreaterThan(0);
    for (const { path } of complete) {
      await readSafetensors(join(path, 'model.safetensors'));
      await readSafetensors(join(path, 'optimizer.safetensors'));
    }
  }
  expect(await hashAtEnd(checkpoints, 'resume')).toBe(whole);
  // Nothing half-written or half-removed is left either.
  expect((await readdir(checkpoints)).sort()).toEqual(['checkpoint-11', 'checkpoint-12']);
});
