/** Changes `reranker.config.json` in the current folder. */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { findLoss, writeFileAtomically } from '@learning-reranker/cross-encoder';
import { refuseGatedLoss } from './feature-flags.js';
import { CONFIG_FILE } from './load.js';
import { ConfigError, resolveSettings } from './resolve.js';
import { isSecret } from './secrets.js';
import type { SettingKey } from './settings.js';

/**
 * Writes values into the file, null removes one. Secrets stay out of files that programs write.
 * @throws {ConfigError} naming what cannot be used; {LossChoiceError} {FeatureFlagError} for a loss;
 *   the file stays as it was.
 */
export async function changeConfigFile(
  change: Readonly<Record<string, unknown>>,
  folder: string = process.cwd(),
): Promise<{ file: string; changed: string[] }> {
  const path = resolve(folder, CONFIG_FILE);
  const secret = Object.keys(change).find((key) => isSecret(key as SettingKey));
  if (secret !== undefined) {
    throw new ConfigError([`${secret} is a secret: set it in the environment, not in a file`]);
  }
  const current = await readObject(path);
  const next: Record<string, unknown> = { ...current };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete next[key];
    else next[key] = value;
  }
  const { settings } = resolveSettings({ file: next });
  if (change.loss !== undefined) refuseGatedLoss(findLoss(settings.loss).name, settings);
  await writeFileAtomically(path, `${JSON.stringify(next, null, 2)}\n`);
  return { file: basename(path), changed: Object.keys(change) };
}

async function readObject(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError([`${path} cannot be read: ${(error as Error).message}`]);
  }
}
