import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { ModelScorer, openModel } from '../../src/processes/model-scorer.js';

const pairs = [
  ['sky', 'blue'],
  ['sky', 'red and green and blue'],
  ['rose', 'red'],
] as const;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The model processes that this one has started in a role. */
const running = (role: string) =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', `${process.pid}`])
    .toString()
    .split('\n')
    .filter((line) => line.includes(`model-process.js ${role}`))
    .map((line) => Number.parseInt(line, 10));

describe('a model in a child process', () => {
  it('scores as in this process, in 0..1, with one logit and with two', async () => {
    for (const numLabels of [1, 2]) {
      const path = join(folder, `model-${numLabels}`);
      await tinyModel({ numLabels }).save(path);
      const scorer = await ModelScorer.open(path);
      const scores = Array.from(await scorer.predict(pairs));
      scorer.close();
      const model = await CrossEncoder.load(path);
      const expected = Array.from(await model.predict(pairs, { activation: 'Sigmoid' }));
      await model.release();
      for (const [at, score] of scores.entries()) {
        expect(score).toBeCloseTo(expected[at] as number, 6);
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThan(1);
      }
    }
  });

  it('answers several calls at once, each with its own scores', async () => {
    const path = join(folder, 'model');
    await tinyModel().save(path);
    const scorer = await ModelScorer.open(path);
    const whole = await scorer.predict(pairs);
    const alone = await Promise.all(pairs.map((pair) => scorer.predict([pair])));
    scorer.close();
    for (const [at, scores] of alone.entries()) {
      expect(scores[0]).toBeCloseTo(whole[at] as number, 5);
    }
  });

  it('reports why it cannot be opened', async () => {
    await expect(ModelScorer.open(join(folder, 'nothing'))).rejects.toMatchObject({
      name: 'ModelFolderError',
    });
  });

  it('refuses calls after it is closed, instead of waiting', async () => {
    const path = join(folder, 'model');
    await tinyModel().save(path);
    const scorer = await ModelScorer.open(path);
    scorer.close();
    await expect(scorer.predict(pairs)).rejects.toMatchObject({ name: 'ChildProcessError' });
  });

  it('reports damaged weights by name and kind', async () => {
    const path = join(folder, 'model');
    const damaged = tinyModel();
    damaged.weights.get('bert.embeddings.word_embeddings.weight')?.data.fill(3e38);
    damaged.weights.get('bert.embeddings.position_embeddings.weight')?.data.fill(3e38);
    await damaged.save(path);
    const expected = { name: 'ModelOutputError', kind: 'damaged' };
    await expect(ModelScorer.open(path)).rejects.toMatchObject(expected);
  });

  it.each([
    ['serving', 'ignores SIGTERM and answers open calls', true],
    ['background', 'ends at SIGTERM, and its calls fail', false],
  ] as const)('for %s %s', async (role, _does, survives) => {
    const path = join(folder, 'model');
    await tinyModel().save(path);
    await expect.poll(() => running(role), { timeout: 10_000 }).toEqual([]);
    const exits: Error[] = [];
    const load = { path, maxLength: 32, dtype: 'fp32' } as const;
    const model = await openModel(load, role, (error) => exits.push(error));
    const [pid] = running(role);
    const call = model.call('score', { pairs, batchSize: 1 }).then(
      ({ logits }) => logits.length,
      (error: unknown) => error,
    );
    process.kill(pid as number, 'SIGTERM');
    if (survives) {
      expect(await call).toBe(pairs.length);
      expect(await model.call('score', { pairs, batchSize: 3 })).toHaveProperty('logits.length', 3);
      expect(exits).toEqual([]);
    } else {
      await expect.poll(() => exits, { timeout: 10_000 }).toHaveLength(1);
      await expect(model.call('score', { pairs, batchSize: 1 })).rejects.toMatchObject({
        name: 'ChildProcessError',
        kind: 'unavailable',
        message: 'The model process was killed by SIGTERM',
      });
    }
    model.close();
  });
});
