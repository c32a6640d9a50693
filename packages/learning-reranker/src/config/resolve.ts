/** Finds the value of each setting and where it comes from: flag, environment, `.env`, file or default. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { closest } from './closest.js';
import { isSecret, shownSetting, withoutPassword } from './secrets.js';
import {
  describedSetting,
  type SettingKey,
  type Settings,
  settingDefinitions,
  settingKeys,
} from './settings.js';

export type SettingSource = 'flag' | 'environment' | '.env' | 'file' | 'default';

export interface SettingOrigin {
  readonly source: SettingSource;
  /** The name that set it: `--loss`, `AGRO_RERANKER_LOSS`, `loss`. */
  readonly name: string;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingKey, SettingOrigin>>;
  /** One sentence for each old name and each unknown name. */
  readonly warnings: readonly string[];
  /** One sentence for each value in the environment, `.env` or the file that a stronger source overrides. */
  readonly conflicts: readonly string[];
}

export interface SettingInputs {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly dotenv?: Readonly<Record<string, string | undefined>>;
  readonly file?: Readonly<Record<string, unknown>>;
}

/** Settings with invalid values. The message names all of them. */
export class ConfigError extends TypedError {
  override readonly name = 'ConfigError';
  readonly kind = 'invalid';
  readonly problems: readonly string[];
  /** The first invalid setting; null if the problem is not one setting. */
  readonly setting: SettingKey | null;

  constructor(problems: readonly string[], setting: SettingKey | null = null) {
    super(problems.join('\n'));
    this.problems = problems;
    this.setting = setting;
  }
}

interface Candidate extends SettingOrigin {
  readonly value: unknown;
  readonly isAlias: boolean;
}

/** Pure: the inputs decide the result. @throws {ConfigError} that names every invalid value. */
export function resolveSettings(inputs: SettingInputs): ResolvedSettings {
  const settings: Record<string, unknown> = {};
  const origins = {} as Record<SettingKey, SettingOrigin>;
  const warnings = [...unknownNames(inputs)];
  const conflicts: string[] = [];
  const problems: string[] = [];
  let unusable: SettingKey | null = null;
  for (const key of settingKeys) {
    const definition = settingDefinitions[key];
    const candidates = candidatesFor(key, inputs);
    const [chosen] = candidates;
    warnings.push(...aliasWarnings(key, candidates));
    conflicts.push(...conflictsAmong(key, candidates));
    const value = chosen ? chosen.value : definition.fallback;
    const parsed = definition.schema.safeParse(value);
    origins[key] = chosen
      ? { source: chosen.source, name: chosen.name }
      : { source: 'default', name: key };
    if (parsed.success) settings[key] = parsed.data;
    else {
      unusable ??= key;
      problems.push(
        `${origins[key].name} (${origins[key].source}): expected ${definition.values}, got ${isSecret(key) ? 'another value' : shown(value)}. ` +
          `Change or remove it; the default is ${JSON.stringify(definition.fallback)}.`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems, unusable);
  return { settings: settings as Settings, origins, warnings, conflicts };
}

/** All values given for a setting, the strongest source first. A blank text counts as not given. */
function candidatesFor(key: SettingKey, inputs: SettingInputs): Candidate[] {
  const { environment, option, aliases = [], oldValues = {} } = describedSetting(key);
  const found: Candidate[] = [];
  const add = (source: SettingSource, name: string, value: unknown, isAlias = false) => {
    if (value === undefined || value === null) return;
    const meant = translate(value, oldValues);
    if (typeof meant === 'string' && meant.trim() === '') return;
    found.push({ source, name, value: meant, isAlias });
  };
  if (option) add('flag', `--${option}`, inputs.flags?.[camelCase(option)]);
  for (const [source, values] of [
    ['environment', inputs.environment],
    ['.env', inputs.dotenv],
  ] as const) {
    add(source, environment, values?.[environment]);
    for (const alias of aliases) add(source, alias, values?.[alias], true);
  }
  add('file', key, inputs.file?.[key]);
  return found;
}

function translate(value: unknown, oldValues: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'string') return value;
  const old = value.toLowerCase();
  return Object.hasOwn(oldValues, old) ? oldValues[old] : value;
}

function aliasWarnings(key: SettingKey, candidates: readonly Candidate[]): string[] {
  return candidates
    .filter(({ isAlias }) => isAlias)
    .map(
      ({ name }) => `${name} is an old name. Use ${settingDefinitions[key].environment} instead.`,
    );
}

/** Values that differ from the one in force. A flag is meant to override the others, so it never conflicts. */
function conflictsAmong(key: SettingKey, candidates: readonly Candidate[]): string[] {
  const [chosen, ...others] = candidates;
  if (!chosen || chosen.source === 'flag') return [];
  const meant = ({ value }: Candidate) => {
    const parsed = settingDefinitions[key].schema.safeParse(value);
    return String(parsed.success ? parsed.data : value);
  };
  return others
    .filter((other) => meant(other) !== meant(chosen))
    .map(
      (other) =>
        `${chosen.name}=${shownSetting(key, chosen.value)} (${chosen.source}) overrides ` +
        `${other.name}=${shownSetting(key, other.value)} (${other.source}). Remove one of them.`,
    );
}

function unknownNames({ environment = {}, dotenv = {}, file = {} }: SettingInputs): string[] {
  const known = settingKeys.flatMap((key) => {
    const { environment: name, aliases = [] } = describedSetting(key);
    return [name, ...aliases];
  });
  const named = [...new Set([...Object.keys(environment), ...Object.keys(dotenv)])];
  const isOurs = (name: string) =>
    name.startsWith('AGRO_RERANKER_') && !outside.has(name) && !Object.hasOwn(retired, name);
  const unknownVariables = named.filter((name) => isOurs(name) && !known.includes(name));
  const retiredVariables = named.filter((name) => Object.hasOwn(retired, name));
  const unknownKeys = Object.keys(file).filter((key) => !settingKeys.includes(key as SettingKey));
  return [
    ...retiredVariables.map((name) => `${name} has no effect since ${retired[name]}. Remove it.`),
    ...unknownVariables.map(
      (name) => `${name} is not a setting. Did you mean ${closest(name, known)}?`,
    ),
    ...unknownKeys.map(
      (key) =>
        `'${key}' in the configuration file is not a setting. Did you mean ${closest(key, settingKeys)}?`,
    ),
  ];
}

/** Environment variables of this product that are not settings. It names the folder of the starter model. */
const outside = new Set(['AGRO_RERANKER_STARTER']);

/** Removed settings, each with the reason. */
const retired: Readonly<Record<string, string>> = {
  AGRO_RERANKER_SHARED_LOADER: 'every path uses one model',
  AGRO_RERANKER_SHARED_CONFIG: 'every path uses the same settings',
};

function camelCase(option: string): string {
  return option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** A value as an error repeats it: short, and without the content of a list or an object. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return withoutPassword(String(JSON.stringify(value))).slice(0, 200);
}
