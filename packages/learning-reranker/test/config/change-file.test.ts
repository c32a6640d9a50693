import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeConfigFile, resolveSettings } from '../../src/config/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = () => join(folder, 'reranker.config.json');
const written = async () => JSON.parse(await readFile(file(), 'utf8')) as object;

it('changes the settings in force if it applies at once', async () => {
  const inForce = resolveSettings({});
  const { settings } = inForce;
  const change = await changeConfigFile({ loss: 'bce', port: 9000 }, inForce, folder);
  expect(change).toMatchObject({ applied: ['loss'], afterRestart: ['port'], overruled: [] });
  expect(settings).toMatchObject({ loss: 'bce', port: 8012 });
  expect(inForce.origins.loss).toEqual({ source: 'file', name: 'loss' });
  expect(await written()).toEqual({ loss: 'bce', port: 9000 });
});

it('is written but not in force if the environment overrides it', async () => {
  const inForce = resolveSettings({ environment: { AGRO_RERANKER_LOSS: 'softmax' } });
  const change = await changeConfigFile({ loss: 'bce' }, inForce, folder);
  expect(change.applied).toEqual([]);
  expect(change.overruled).toEqual([{ key: 'loss', by: 'AGRO_RERANKER_LOSS (environment)' }]);
  expect(inForce.settings.loss).toBe('softmax');
});

it('accepts a gated loss only if the environment sets its flag', async () => {
  const allowed = resolveSettings({ environment: { AGRO_RERANKER_ENABLE_MNR: '1' } });
  expect((await changeConfigFile({ loss: 'mnr' }, allowed, folder)).applied).toEqual(['loss']);
  await expect(changeConfigFile({ loss: 'margin-mse' }, allowed, folder)).rejects.toThrow(
    /AGRO_RERANKER_ENABLE_MARGIN_MSE=1/,
  );
  expect(allowed.settings.loss).toBe('mnr');
  expect(await written()).toEqual({ loss: 'mnr' });
});

it('keeps other changes at the same time', async () => {
  const inForce = resolveSettings({});
  const changes = [{ alpha: 0.5 }, { alpha: 7 }, { topN: 5 }, { loss: 'bce' }];
  const done = await Promise.allSettled(
    changes.map((change) => changeConfigFile(change, inForce, folder)),
  );
  expect(done.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ]);
  expect(await written()).toEqual({ alpha: 0.5, topN: 5, loss: 'bce' });
});

it('reads the file like a start: with a byte order mark, and only an object', async () => {
  await writeFile(file(), '\uFEFF{"alpha": 0.5}');
  await changeConfigFile({ topN: 5 }, resolveSettings({}), folder);
  expect(await written()).toEqual({ alpha: 0.5, topN: 5 });
  await writeFile(file(), '[1]');
  await expect(changeConfigFile({ topN: 5 }, resolveSettings({}), folder)).rejects.toThrow(
    /expected an object of settings/,
  );
  expect(await written()).toEqual([1]);
});
