import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promote, readHistory, readLive, STARTER, verifyModel } from '../../src/registry/index.js';
import { makeModel } from './model-folder.js';

const A = '20260102T030405Z-softmax';
const B = '20260103T030405Z-bce';
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'registry-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('a process killed while it promotes', () => {
  it('leaves a pointer to one complete model, in twenty tries', async () => {
    for (const id of [A, B]) await makeModel(dataDir, id);
    const script = fileURLToPath(new URL('./promotions-process.mjs', import.meta.url));
    let moves = 0;
    for (let time = 0; time < 20; time++) {
      const child = fork(script, [dataDir, A, B], { execArgv: [] });
      await new Promise<void>((resolve, reject) => {
        child.once('message', () => resolve());
        child.once('exit', () => reject(new Error('the promoting process ended by itself')));
      });
      await sleep(time * 3);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const { id } = await readLive(dataDir);
      if (id !== STARTER) await verifyModel(join(dataDir, 'models', id));
      const history = await readHistory(dataDir);
      expect(history.at(-1)?.to ?? STARTER).toBe(id);
      for (const [at, row] of history.entries()) {
        expect(row.from).toBe(history[at - 1]?.to ?? STARTER);
      }
      moves = history.length;
    }
    expect(moves).toBeGreaterThanOrEqual(20);
    await promote(dataDir, (await readLive(dataDir)).id === A ? B : A, { reason: 'after all' });
  });
});
