import { describe, expect, it } from 'vitest';
import {
  resolveSettings,
  settingDefinitions,
  settingKeys,
  settingsReference,
} from '../../src/config/index.js';

describe('the variable of the older log', () => {
  it('names the file that reranker import reads, and the service does not write to it', () => {
    const { settings, warnings } = resolveSettings({
      environment: { AGRO_LOG_PATH: 'data/logs/queries.jsonl' },
    });
    expect(settings.logPath).toBe('data/logs/queries.jsonl');
    expect(settings.serviceLogPath).toBeNull();
    expect(warnings).toEqual([]);
  });
});

describe('an old name', () => {
  it('is read with its value translated and a warning that names the new one', () => {
    const { settings, origins, warnings } = resolveSettings({
      environment: { RERANKER_BACKEND: 'cohere' },
    });
    expect(settings.backend).toBe('cloud');
    expect(origins.backend).toEqual({ source: 'environment', name: 'RERANKER_BACKEND' });
    expect(warnings).toEqual([
      'RERANKER_BACKEND is an old name. Use AGRO_RERANKER_BACKEND instead.',
    ]);
  });

  it('is read for every alias', () => {
    const values: Readonly<Record<string, string>> = {
      RERANKER_BACKEND: 'voyage',
      RERANK_BACKEND: 'Local',
      AGRO_RERANKER_ENABLED: '0',
      RERANKER_MODEL: 'some/model',
      AGRO_RERANKER_RELOAD_INTERVAL: '5',
      COHERE_RERANK_MODEL: 'rerank-v3.5',
      TRIPLETS_MINE_MODE: 'replace',
    };
    const aliases = settingKeys.flatMap((key) => {
      const definition: { readonly aliases?: readonly string[] } = settingDefinitions[key];
      return (definition.aliases ?? []).map((alias) => ({ key, alias }));
    });
    expect(aliases.map(({ alias }) => alias).sort()).toEqual(Object.keys(values).sort());
    for (const { key, alias } of aliases) {
      const { origins, warnings } = resolveSettings({ dotenv: { [alias]: values[alias] } });
      expect(origins[key]).toEqual({ source: '.env', name: alias });
      expect(warnings).toHaveLength(1);
    }
  });

  it('is overridden by the new name in the same source, and the conflict is reported', () => {
    const { settings, conflicts } = resolveSettings({
      environment: { RERANKER_BACKEND: 'cohere', AGRO_RERANKER_BACKEND: 'none' },
    });
    expect(settings.backend).toBe('none');
    expect(conflicts).toEqual([
      'AGRO_RERANKER_BACKEND=none (environment) overrides RERANKER_BACKEND=cloud (environment). Remove one of them.',
    ]);
  });

  it('with the same value as the new one is not a conflict', () => {
    const { conflicts } = resolveSettings({
      environment: { RERANKER_BACKEND: 'cohere', AGRO_RERANKER_BACKEND: 'cloud' },
    });
    expect(conflicts).toEqual([]);
  });

  it('in .env that a new name in the environment overrides is reported', () => {
    const { settings, conflicts } = resolveSettings({
      environment: { AGRO_RERANKER_BACKEND: 'none' },
      dotenv: { RERANKER_BACKEND: 'hf' },
    });
    expect(settings.backend).toBe('none');
    expect(conflicts).toHaveLength(1);
  });
});

describe('the old switch', () => {
  it('disables reranking if it is off and does not choose a backend if it is on', () => {
    const off = resolveSettings({ environment: { AGRO_RERANKER_ENABLED: '0' } });
    expect(off.settings.backend).toBe('none');
    const on = resolveSettings({
      environment: { AGRO_RERANKER_ENABLED: '1' },
      file: { backend: 'cloud' },
    });
    expect(on.settings.backend).toBe('cloud');
    expect(on.conflicts).toEqual([]);
  });

  it('of a removed loader is reported to have no effect', () => {
    const { warnings } = resolveSettings({ dotenv: { AGRO_RERANKER_SHARED_LOADER: '1' } });
    expect(warnings).toEqual([
      'AGRO_RERANKER_SHARED_LOADER has no effect since every path uses one model. Remove it.',
    ]);
  });
});

describe('two sources', () => {
  it('with different values are reported, with the one in force', () => {
    const { settings, conflicts } = resolveSettings({
      environment: { AGRO_RERANKER_ALPHA: '0.2' },
      dotenv: { AGRO_RERANKER_ALPHA: '0.3' },
      file: { alpha: 0.4 },
    });
    expect(settings.alpha).toBe(0.2);
    expect(conflicts).toEqual([
      'AGRO_RERANKER_ALPHA=0.2 (environment) overrides AGRO_RERANKER_ALPHA=0.3 (.env). Remove one of them.',
      'AGRO_RERANKER_ALPHA=0.2 (environment) overrides alpha=0.4 (file). Remove one of them.',
    ]);
  });

  it('with the same value in different notation are not a conflict', () => {
    const { conflicts } = resolveSettings({
      environment: { AGRO_RERANKER_ALPHA: '0.70', AGRO_RERANKER_ENABLE_MNR: '1' },
      file: { alpha: 0.7, enableMnr: true },
    });
    expect(conflicts).toEqual([]);
  });

  it('are overridden by a flag without a report', () => {
    const { conflicts, warnings } = resolveSettings({
      flags: { alpha: '0.1' },
      environment: { AGRO_RERANKER_ALPHA: '0.2' },
      file: { alpha: 0.4 },
    });
    expect(conflicts).toEqual([]);
    expect(warnings).toEqual([]);
  });
});

describe('an unknown name', () => {
  it('in the environment or .env suggests the nearest one', () => {
    const { warnings } = resolveSettings({
      environment: { AGRO_RERANKER_ALPHE: '0.5' },
      dotenv: { AGRO_RERANKER_MAX_LEN: '128' },
    });
    expect(warnings).toEqual([
      'AGRO_RERANKER_ALPHE is not a setting. Did you mean AGRO_RERANKER_ALPHA?',
      'AGRO_RERANKER_MAX_LEN is not a setting. Did you mean AGRO_RERANKER_MAXLEN?',
    ]);
  });

  it('in the file suggests the nearest key', () => {
    const { warnings } = resolveSettings({ file: { learningrate: 1e-4 } });
    expect(warnings).toEqual([
      "'learningrate' in the configuration file is not a setting. Did you mean learningRate?",
    ]);
  });

  it('of another product is ignored', () => {
    const { warnings } = resolveSettings({
      environment: { PATH: '/bin', RERANKER_OTHER: '1', AGRO_RERANKER_STARTER: '/models/starter' },
    });
    expect(warnings).toEqual([]);
  });
});

describe('the reference', () => {
  it('has one row for every setting: its variable, key, option, default and old names', () => {
    const [, , ...rows] = settingsReference().split('\n');
    expect(rows).toHaveLength(settingKeys.length);
    settingKeys.forEach((key, index) => {
      const row = rows[index] ?? '';
      const definition: {
        readonly environment: string;
        readonly option?: string;
        readonly values: string;
        readonly fallback: unknown;
        readonly description: string;
        readonly aliases?: readonly string[];
      } = settingDefinitions[key];
      expect(row.startsWith(`| \`${definition.environment}\` | \`${key}\` |`)).toBe(true);
      expect(row).toContain(definition.values);
      expect(row).toContain(definition.description);
      if (definition.option) expect(row).toContain(`\`--${definition.option}\``);
      if (definition.fallback !== null) expect(row).toContain(`\`${definition.fallback}\``);
      for (const alias of definition.aliases ?? []) expect(row).toContain(`\`${alias}\``);
      expect(row.split('|')).toHaveLength(9);
    });
  });

  it('names no variable, option or old name twice', () => {
    const names = settingKeys.flatMap((key) => {
      const definition: { readonly environment: string; readonly aliases?: readonly string[] } =
        settingDefinitions[key];
      return [definition.environment, ...(definition.aliases ?? [])];
    });
    expect(new Set(names).size).toBe(names.length);
  });
});
