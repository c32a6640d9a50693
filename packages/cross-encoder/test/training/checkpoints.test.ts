import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listCheckpoints, removeOldCheckpoints } from '../../src/training/checkpoint.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function make(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'file'), name);
  }
}

test('only checkpoints are listed, oldest step first', async () => {
  await make(
    'checkpoint-10',
    'checkpoint-9',
    'checkpoint-',
    'checkpoint-1x',
    '.checkpoint-3.tmp',
    'eval',
  );
  expect(await listCheckpoints(folder)).toEqual([
    { step: 9, path: join(folder, 'checkpoint-9') },
    { step: 10, path: join(folder, 'checkpoint-10') },
  ]);
  expect(await listCheckpoints(join(folder, 'nowhere'))).toEqual([]);
});

test.each([
  [1, [3, 5], [3, 5]],
  [2, [3, 5], [3, 5]],
  [3, [3, 5], [3, 4, 5]],
  [2, [null, 5], [4, 5]],
  [9, [3, 5], [1, 2, 3, 4, 5]],
])('of five checkpoints, a limit of %i that keeps %o leaves %o', async (limit, kept, left) => {
  await make(...[1, 2, 3, 4, 5].map((step) => `checkpoint-${step}`));
  await make('notes');
  await removeOldCheckpoints(folder, limit, kept);
  expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual(left);
  expect(await readdir(folder)).toHaveLength(left.length + 1);
});

test('a checkpoint that a killed process began to remove is removed next time', async () => {
  await make('checkpoint-1', 'checkpoint-2', '.removed-checkpoint-1', '.removed-checkpoint-7');
  await removeOldCheckpoints(folder, 1, [2]);
  expect(await readdir(folder)).toEqual(['checkpoint-2']);
});
