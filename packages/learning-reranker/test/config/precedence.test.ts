import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, resolveSettings, settingKeys } from '../../src/config/index.js';

/** The same setting in all four sources, the strongest first. */
const SOURCES = [
  { source: 'flag', name: '--alpha', give: { flags: { alpha: '0.1' } }, value: 0.1 },
  {
    source: 'environment',
    name: 'AGRO_RERANKER_ALPHA',
    give: { environment: { AGRO_RERANKER_ALPHA: '0.2' } },
    value: 0.2,
  },
  {
    source: '.env',
    name: 'AGRO_RERANKER_ALPHA',
    give: { dotenv: { AGRO_RERANKER_ALPHA: '0.3' } },
    value: 0.3,
  },
  { source: 'file', name: 'alpha', give: { file: { alpha: 0.4 } }, value: 0.4 },
] as const;

describe('a setting', () => {
  it('is taken from flags, then environment, then .env, then file, then its default', () => {
    for (let strongest = 0; strongest < SOURCES.length; strongest++) {
      const given = SOURCES.slice(strongest);
      const { settings, origins } = resolveSettings(
        Object.assign({}, ...given.map(({ give }) => give)),
      );
      const { source, name, value } = given[0] as (typeof SOURCES)[number];
      expect(settings.alpha).toBe(value);
      expect(origins.alpha).toEqual({ source, name });
    }
    const { settings, origins } = resolveSettings({});
    expect(settings.alpha).toBe(0.7);
    expect(origins.alpha).toEqual({ source: 'default', name: 'alpha' });
  });

  it('of one source leaves all other settings at their defaults', () => {
    const { origins, warnings, conflicts } = resolveSettings({ flags: { topN: '5' } });
    const elsewhere = settingKeys.filter((key) => origins[key].source !== 'default');
    expect(elsewhere).toEqual(['topN']);
    expect(origins.topN.name).toBe('--top-n');
    expect(warnings).toEqual([]);
    expect(conflicts).toEqual([]);
  });

  it('that is 0 stays 0, as a text and as a number, and is not the default', () => {
    for (const zero of ['0', 0]) {
      expect(resolveSettings({ flags: { alpha: zero } }).settings.alpha).toBe(0);
      expect(resolveSettings({ file: { alpha: zero, warmupRatio: zero } }).settings).toMatchObject({
        alpha: 0,
        warmupRatio: 0,
      });
    }
    const off = resolveSettings({ environment: { AGRO_RERANKER_RELOAD_ON_CHANGE: '0' } });
    expect(off.settings.reloadOnChange).toBe(false);
    expect(resolveSettings({ file: { reloadOnChange: false } }).settings.reloadOnChange).toBe(
      false,
    );
  });

  it('of 0 overrides a weaker source', () => {
    const { settings, origins } = resolveSettings({
      flags: { alpha: 0 },
      environment: { AGRO_RERANKER_ALPHA: '0.9' },
    });
    expect(settings.alpha).toBe(0);
    expect(origins.alpha.source).toBe('flag');
  });

  it('that is empty or only white space counts as absent', () => {
    for (const empty of ['', ' ', '\t \n']) {
      const { settings, origins } = resolveSettings({
        flags: { alpha: empty, loss: empty },
        environment: { AGRO_RERANKER_ALPHA: empty, AGRO_RERANKER_TOPN: empty },
        dotenv: { AGRO_RERANKER_ALPHA: '0.3' },
        file: { loss: empty, modelPath: null },
      });
      expect(settings).toMatchObject({ alpha: 0.3, topN: 0, loss: 'softmax', modelPath: 'live' });
      expect(origins.topN.source).toBe('default');
      expect(origins.loss.source).toBe('default');
    }
  });

  it('of alpha may be auto', () => {
    const { settings } = resolveSettings({ environment: { AGRO_RERANKER_ALPHA: 'auto' } });
    expect(settings.alpha).toBe('auto');
  });

  it('of a flag accepts all spellings of yes and no', () => {
    for (const [text, value] of [
      ['1', true],
      ['true', true],
      ['on', true],
      ['0', false],
      ['false', false],
      ['off', false],
      ['TRUE', true],
      ['Off', false],
    ] as const) {
      const { settings } = resolveSettings({ dotenv: { AGRO_RERANKER_ENABLE_MNR: text } });
      expect(settings.enableMnr).toBe(value);
    }
    for (const [given, value] of [
      [1, true],
      [0, false],
      [true, true],
    ] as const) {
      expect(resolveSettings({ file: { enableMnr: given } }).settings.enableMnr).toBe(value);
    }
    for (const given of [2, 'yes', [1], {}]) {
      expect(() => resolveSettings({ file: { enableMnr: given } })).toThrow(ConfigError);
    }
  });

  it('that is a text is not changed', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('constructor', '__proto__', 'valueOf'));
    fc.assert(
      fc.property(
        text.filter((value) => /\S/.test(value)),
        (path) => {
          const { settings } = resolveSettings({ flags: { model: path } });
          expect(settings.modelPath).toBe(path);
        },
      ),
    );
    expect(() =>
      resolveSettings({ environment: { AGRO_RERANKER_BACKEND: 'constructor' } }),
    ).toThrow(ConfigError);
  });
});
