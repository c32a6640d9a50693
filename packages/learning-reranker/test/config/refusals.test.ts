import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lossDescriptions } from '@learning-reranker/cross-encoder';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ConfigError,
  FeatureFlagError,
  featureFlagOf,
  loadSettings,
  refuseGatedLoss,
  resolveSettings,
} from '../../src/config/index.js';

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('invalid values', () => {
  it('are all reported, each with its source, the expected values and the given one', () => {
    const problems = problemsOf(() =>
      resolveSettings({
        flags: { alpha: '1.5' },
        environment: { AGRO_RERANKER_BACKEND: 'magic', AGRO_RERANKER_RELOAD_ON_CHANGE: 'maybe' },
        dotenv: { RERANKER_TRAIN_BATCH: '2.5' },
        file: { topN: -1, epochs: 'many' },
      }),
    );
    expect(problems).toHaveLength(6);
    const text = problems.join('\n');
    expect(text).toContain('--alpha (flag): expected 0 to 1, or auto, got "1.5"');
    expect(text).toContain(
      'AGRO_RERANKER_BACKEND (environment): expected none, cloud, local-learning, got "magic"',
    );
    expect(text).toContain('AGRO_RERANKER_RELOAD_ON_CHANGE (environment): expected 0 or 1');
    expect(text).toContain('RERANKER_TRAIN_BATCH (.env): expected 1 to 1024, got "2.5"');
    expect(text).toContain('topN (file): expected 0 to 10000, got -1');
    expect(text).toContain('epochs (file): expected 0.01 to 100, or auto, got "many"');
    expect(text).toContain('the default is 0.7');
  });

  it('lie outside of the range, whose ends are valid', () => {
    const maxLength = (value: unknown) => () => resolveSettings({ file: { maxLength: value } });
    expect(problemsOf(maxLength(7))).toHaveLength(1);
    expect(problemsOf(maxLength(8193))).toHaveLength(1);
    expect(maxLength(8)().settings.maxLength).toBe(8);
    expect(maxLength(8192)().settings.maxLength).toBe(8192);
  });

  it('include other types: a boolean, a list or NaN is not a number', () => {
    for (const value of [true, false, [], [0.5], {}, 'NaN', Number.NaN]) {
      expect(problemsOf(() => resolveSettings({ file: { alpha: value } }))).toHaveLength(1);
      expect(problemsOf(() => resolveSettings({ file: { topN: value } }))).toHaveLength(1);
    }
  });
});

describe('a gated loss', () => {
  it('is refused with how to enable it, and runs once enabled', () => {
    for (const [loss, variable, key] of [
      ['MultipleNegativesRankingLoss', 'AGRO_RERANKER_ENABLE_MNR', 'enableMnr'],
      ['MarginMSELoss', 'AGRO_RERANKER_ENABLE_MARGIN_MSE', 'enableMarginMse'],
    ] as const) {
      const off = resolveSettings({}).settings;
      expect(() => refuseGatedLoss(loss, off)).toThrow(FeatureFlagError);
      expect(() => refuseGatedLoss(loss, off)).toThrow(`${variable}=1`);
      expect(() => refuseGatedLoss(loss, off)).toThrow(`"${key}": true in reranker.config.json`);
      const byVariable = resolveSettings({ environment: { [variable]: '1' } }).settings;
      expect(() => refuseGatedLoss(loss, byVariable)).not.toThrow();
      const byFile = resolveSettings({ file: { [key]: true } }).settings;
      expect(() => refuseGatedLoss(loss, byFile)).not.toThrow();
      expect(featureFlagOf(loss)).toEqual({ key, environment: variable });
    }
  });

  it('is listed by a known class name, and the flag of another loss does not enable it', () => {
    const names = lossDescriptions.map(({ name }) => name);
    expect(names).toContain('MultipleNegativesRankingLoss');
    expect(names).toContain('MarginMSELoss');
    const { settings } = resolveSettings({ file: { enableMnr: true } });
    expect(() => refuseGatedLoss('MarginMSELoss', settings)).toThrow(FeatureFlagError);
  });

  it('is an exception: losses without a flag always run', () => {
    const { settings } = resolveSettings({});
    for (const loss of ['CrossEntropyLoss', 'BinaryCrossEntropyLoss']) {
      expect(() => refuseGatedLoss(loss, settings)).not.toThrow();
      expect(featureFlagOf(loss)).toBeUndefined();
    }
  });
});

describe('settings of a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('come from its .env and its reranker.config.json', async () => {
    await writeFile(join(folder, '.env'), '# ours\nAGRO_RERANKER_ALPHA="0.3"\r\nOTHER=1\n');
    await writeFile(join(folder, 'reranker.config.json'), '{ "alpha": 0.4, "topN": 7 }');
    const { settings, origins } = await loadSettings({ folder, environment: {} });
    expect(settings).toMatchObject({ alpha: 0.3, topN: 7 });
    expect(origins.alpha.source).toBe('.env');
    expect(origins.topN.source).toBe('file');
  });

  it('are overridden by environment and flags', async () => {
    await writeFile(join(folder, '.env'), 'AGRO_RERANKER_ALPHA=0.3\nAGRO_RERANKER_TOPN=3\n');
    const { settings } = await loadSettings({
      folder,
      environment: { AGRO_RERANKER_ALPHA: '0.2', AGRO_RERANKER_TOPN: '2' },
      flags: { alpha: '0.1' },
    });
    expect(settings).toMatchObject({ alpha: 0.1, topN: 2 });
  });

  it('are read after a byte order mark, and refused in another encoding', async () => {
    for (const [name, text] of [
      ['.env', 'AGRO_RERANKER_ALPHA=0.3\n'],
      ['reranker.config.json', '{ "alpha": 0.3 }'],
    ] as const) {
      await writeFile(join(folder, name), `\uFEFF${text}`);
      expect((await loadSettings({ folder, environment: {} })).settings.alpha).toBe(0.3);
      for (const encoding of ['utf16le', 'latin1'] as const) {
        await writeFile(join(folder, name), Buffer.from(`${text} # \u00fc`, encoding));
        const loading = loadSettings({ folder, environment: {} });
        await expect(loading).rejects.toThrow(ConfigError);
        await expect(loading).rejects.toThrow(`${name} is not UTF-8`);
      }
      await rm(join(folder, name));
    }
  });

  it('are the defaults without files', async () => {
    const { origins } = await loadSettings({ folder, environment: {} });
    expect(new Set(Object.values(origins).map(({ source }) => source))).toEqual(
      new Set(['default']),
    );
  });

  it('are refused, with the name of the file, if it is not JSON, not an object or unreadable', async () => {
    for (const text of ['{ "alpha": 0.4, }', '[]', '"alpha"', 'null']) {
      await writeFile(join(folder, 'reranker.config.json'), text);
      const loading = loadSettings({ folder, environment: {} });
      await expect(loading).rejects.toThrow(ConfigError);
      await expect(loading).rejects.toThrow('reranker.config.json');
    }
    await mkdir(join(folder, '.env'));
    await expect(loadSettings({ folder, environment: {} })).rejects.toThrow(/\.env cannot be read/);
  });
});
