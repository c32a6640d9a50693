import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSafetensors } from '../../src/formats/safetensors.js';
import { listCheckpoints } from '../../src/training/checkpoint.js';
import { tinyModel } from '../tiny-model.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'full-disk-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const script = fileURLToPath(new URL('training-process.mjs', import.meta.url));
/** `ulimit -f` counts blocks of 512 bytes; the kernel refuses a write beyond it as it does on a full disk. */
const BLOCK = 512;

async function ended(child: ChildProcess) {
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, output, errors };
}

test.skipIf(process.platform === 'win32')(
  'a disk that is full ends the run with an error that names the checkpoint; what was saved stays',
  async () => {
    const model = join(folder, 'model');
    await tinyModel().save(model);
    const run = (checkpoints: string, { word = 'resume', limit = '' } = {}) => {
      const command = [process.execPath, script, model, checkpoints, word];
      return spawn('sh', ['-c', `${limit} exec "$0" "$@"`, ...command]);
    };
    const whole = await ended(run(join(folder, 'whole'), { word: '' }));
    expect(whole.code).toBe(0);

    const checkpoints = join(folder, 'checkpoints');
    expect(await ended(run(checkpoints, { word: 'stop-early' }))).toMatchObject({ code: 0 });

    // The weights still fit, the optimizer's moments, twice as many, do not.
    const { size } = await stat(join(model, 'model.safetensors'));
    const limit = `ulimit -f ${Math.ceil((1.5 * size) / BLOCK)};`;
    const before = await listCheckpoints(checkpoints);
    const { code, errors } = await ended(run(checkpoints, { limit }));
    expect(code).not.toBe(0);
    expect(errors).toMatch(/checkpoint-\d+.*EFBIG/s);
    expect(await listCheckpoints(checkpoints)).toEqual(before);
    expect(await readdir(checkpoints)).toHaveLength(before.length);
    for (const { path } of before) await readSafetensors(join(path, 'optimizer.safetensors'));

    expect(await ended(run(checkpoints))).toMatchObject({ code: 0, output: whole.output });
  },
);
