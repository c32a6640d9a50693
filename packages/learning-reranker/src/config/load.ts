/** Reads the sources of settings: process environment, `.env` and `reranker.config.json` in the current folder. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigError, type ResolvedSettings, resolveSettings } from './resolve.js';

export const CONFIG_FILE = 'reranker.config.json';

export interface LoadSettingsOptions {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** @throws {ConfigError} for invalid values and for a file that cannot be read. */
export async function loadSettings(options: LoadSettingsOptions = {}): Promise<ResolvedSettings> {
  const { flags = {}, folder = process.cwd(), environment = process.env } = options;
  const dotenv = await readIfThere(resolve(folder, '.env'));
  return resolveSettings({
    flags,
    environment,
    dotenv: dotenv === null ? {} : parseEnv(dotenv),
    file: await readConfigFile(folder),
  });
}

/** The content of a folder's configuration file; an empty object if there is none. @throws {ConfigError} */
export async function readConfigFile(folder: string): Promise<Record<string, unknown>> {
  const text = await readIfThere(resolve(folder, CONFIG_FILE));
  return text === null ? {} : parseFile(text);
}

function parseFile(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch (error) {
    throw new ConfigError([`${CONFIG_FILE} is not valid JSON: ${(error as Error).message}`]);
  }
  throw new ConfigError([`${CONFIG_FILE}: expected an object of settings`]);
}

async function readIfThere(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new ConfigError([`${path} cannot be read: ${error.message}`]);
  });
  return bytes && textOf(bytes, path);
}

/** Drops a byte order mark. Refuses other encodings, since their settings would be lost silently. */
function textOf(bytes: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {}
  throw new ConfigError([`${path} is not UTF-8. Save it as UTF-8.`]);
}
