import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyModel } from '../../../cross-encoder/test/tiny-model.js';
import { ModelScorer } from '../../src/processes/model-scorer.js';

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

describe('a model in a process of its own', () => {
  it('scores as it does in this one, in 0..1, with one logit and with two', async () => {
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

  it('answers several questions at once, each with its own scores', async () => {
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

  it('says why it cannot be opened', async () => {
    await expect(ModelScorer.open(join(folder, 'nothing'))).rejects.toMatchObject({
      name: 'ModelFolderError',
    });
  });

  it('refuses questions once it is closed, instead of waiting', async () => {
    const path = join(folder, 'model');
    await tinyModel().save(path);
    const scorer = await ModelScorer.open(path);
    scorer.close();
    await expect(scorer.predict(pairs)).rejects.toMatchObject({ name: 'ChildProcessError' });
  });
});
