/** Changes `reranker.config.json` and applies what a running service can apply at once. */
import { basename, resolve } from 'node:path';
import { findLoss, writeFileAtomically } from '@learning-reranker/cross-encoder';
import { refuseGatedLoss } from './feature-flags.js';
import { CONFIG_FILE, readConfigFile } from './load.js';
import { ConfigError, type ResolvedSettings, resolveSettings } from './resolve.js';
import { isSecret } from './secrets.js';
import { describedSetting, type SettingKey } from './settings.js';

/** The effect of a change on each key. */
export interface ConfigChange {
  readonly file: string;
  readonly changed: readonly SettingKey[];
  /** Keys whose new value is in force. */
  readonly applied: readonly SettingKey[];
  /** Keys whose new value applies from the next start. */
  readonly afterRestart: readonly SettingKey[];
  /** Keys that were written, but that a flag or the environment overrides. */
  readonly overruled: readonly { readonly key: SettingKey; readonly by: string }[];
}

/** Whether a running service applies a change of the setting at once. */
export function countsAtOnce(key: SettingKey): boolean {
  return describedSetting(key).atOnce === true;
}

/** The last pending change of each file. Two changes at once would lose one of them. */
const lastChanges = new Map<string, Promise<unknown>>();

/**
 * Writes values to the file; null removes one. Secrets are refused, since programs write this file.
 * Settings that apply at once are replaced in `inForce` itself, so that all its readers see the change.
 * Changes by one process run one after the other.
 * @throws {ConfigError} for an invalid value, {LossChoiceError} or {FeatureFlagError} for a loss;
 *   then file and settings stay as they were.
 */
export function changeConfigFile(
  change: Readonly<Partial<Record<SettingKey, unknown>>>,
  inForce: ResolvedSettings,
  folder: string = process.cwd(),
): Promise<ConfigChange> {
  const path = resolve(folder, CONFIG_FILE);
  const next = (lastChanges.get(path) ?? Promise.resolve()).then(() =>
    changeNow(change, inForce, folder),
  );
  lastChanges.set(
    path,
    next.catch(() => undefined),
  );
  return next;
}

async function changeNow(
  change: Readonly<Partial<Record<SettingKey, unknown>>>,
  inForce: ResolvedSettings,
  folder: string,
): Promise<ConfigChange> {
  const path = resolve(folder, CONFIG_FILE);
  const changed = Object.keys(change) as SettingKey[];
  const secret = changed.find(isSecret);
  if (secret !== undefined) {
    throw new ConfigError(
      [`${secret} is a secret. Set it in the environment, not in a file.`],
      secret,
    );
  }
  const next = await readConfigFile(folder);
  for (const key of changed) {
    if (change[key] === null) delete next[key];
    else next[key] = change[key];
  }
  const written = resolveSettings({ file: next });
  const isOverruled = (key: SettingKey) =>
    !['file', 'default'].includes(inForce.origins[key].source);
  const counting = changed.filter((key) => !isOverruled(key));
  const then = { ...inForce.settings, ...pick(written.settings, counting) };
  if (change.loss !== undefined) refuseGatedLoss(findLoss(written.settings.loss).name, then);
  await writeFileAtomically(path, `${JSON.stringify(next, null, 2)}\n`);

  const applied = counting.filter(countsAtOnce);
  Object.assign(inForce.settings, pick(written.settings, applied));
  Object.assign(inForce.origins, pick(written.origins, applied));
  return {
    file: basename(path),
    changed,
    applied,
    afterRestart: counting.filter((key) => !countsAtOnce(key)),
    overruled: changed.filter(isOverruled).map((key) => {
      const { source, name } = inForce.origins[key];
      return { key, by: `${name} (${source})` };
    }),
  };
}

function pick<Values extends object>(
  values: Values,
  keys: readonly (keyof Values)[],
): Partial<Values> {
  return Object.fromEntries(keys.map((key) => [key, values[key]])) as Partial<Values>;
}
