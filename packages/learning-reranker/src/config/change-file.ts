/** Changes `reranker.config.json`, and takes over at once what a running service can. */
import { basename, resolve } from 'node:path';
import { findLoss, writeFileAtomically } from '@learning-reranker/cross-encoder';
import { refuseGatedLoss } from './feature-flags.js';
import { CONFIG_FILE, readConfigFile } from './load.js';
import { ConfigError, type ResolvedSettings, resolveSettings } from './resolve.js';
import { isSecret } from './secrets.js';
import { type SettingDescription, type SettingKey, settingDefinitions } from './settings.js';

/** What came of a change, key by key. */
export interface ConfigChange {
  readonly file: string;
  readonly changed: readonly SettingKey[];
  /** In force by now. */
  readonly applied: readonly SettingKey[];
  /** In force from the next start. */
  readonly afterRestart: readonly SettingKey[];
  /** Written, but something stronger than the file says otherwise. */
  readonly overruled: readonly { readonly key: SettingKey; readonly by: string }[];
}

/** Whether a running service takes a change of the setting over. */
export function countsAtOnce(key: SettingKey): boolean {
  return (settingDefinitions[key] as SettingDescription).atOnce === true;
}

/** By file, the last change under way: two that read it at once would each lose what the other writes. */
const lastChanges = new Map<string, Promise<unknown>>();

/**
 * Writes values into the file, null removes one. Secrets stay out of files that programs write. Of what
 * is in force the settings that count at once are replaced in place: whoever holds them sees the change.
 * Changes of one process are made one after the other.
 * @throws {ConfigError} naming what cannot be used; {LossChoiceError} {FeatureFlagError} for a loss;
 *   file and settings stay as they were.
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
      [`${secret} is a secret: set it in the environment, not in a file`],
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
