/** Model folders. A folder is complete once it has a manifest, and its files are checked against it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { type ErrorKind, TypedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import { type ModelManifest, modelManifestSchema } from './manifest.js';

/** A model is missing or damaged, or cannot be used this way. */
export class RegistryError extends TypedError {
  override readonly name = 'RegistryError';
  readonly kind: ErrorKind = 'conflict';
}

/** No model has this name, or several ids start with it. */
export class UnknownModelError extends RegistryError {
  override readonly kind: ErrorKind = 'not-found';
}

const MANIFEST = 'manifest.json';

export const modelsFolder = (dataDir: string) => join(dataDir, 'models');

/** Time and loss: `20261123T161500Z-softmax`. */
export function newModelId(lossAlias: string, now: Date): string {
  const time = now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  return `${time}-${lossAlias}`;
}

/** Whether a name is a model id. Other names never become paths. */
export function isModelId(name: string): boolean {
  return /^\d{8}T\d{6}Z-[a-z0-9-]+$/.test(name);
}

/** Hashes a folder's files and writes the manifest last, which completes the model. */
export async function finishModel(
  folder: string,
  manifest: Omit<ModelManifest, 'files'>,
): Promise<ModelManifest> {
  const files: Record<string, string> = {};
  for (const file of await filesOf(folder)) files[file] = await sha256(join(folder, file));
  const finished = modelManifestSchema.parse({ ...manifest, files });
  await writeManifest(folder, finished);
  return finished;
}

/** Replaces a model's evaluation in its manifest. */
export async function updateManifest(
  folder: string,
  change: Pick<ModelManifest, 'evaluation' | 'blendAlpha'>,
): Promise<ModelManifest> {
  const updated = { ...(await readManifest(folder)), ...change };
  await writeManifest(folder, modelManifestSchema.parse(updated));
  return updated;
}

/** @throws {RegistryError} if the folder is not a complete model. */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const file = join(folder, MANIFEST);
  const text = await readFile(file, 'utf8').catch(() => {
    throw new RegistryError(`${folder} is not a model: it has no ${MANIFEST}.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RegistryError(`${file} is not JSON. The model is damaged: train it again.`);
  }
  const parsed = modelManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new RegistryError(`${file}: ${z.prettifyError(parsed.error)}`);
}

/** Checks every file against the manifest. @throws {RegistryError} with the file that differs. */
export async function verifyModel(folder: string): Promise<ModelManifest> {
  const manifest = await readManifest(folder);
  for (const [file, expected] of Object.entries(manifest.files)) {
    const path = join(folder, file);
    const found = await sha256(path).catch(() => 'nothing');
    if (found !== expected) {
      throw new RegistryError(
        `${path} does not match the manifest (expected SHA-256 ${expected.slice(0, 12)}…, found ${found.slice(0, 12)}…). ` +
          'The model was changed or damaged. Train it again or choose another.',
      );
    }
  }
  return manifest;
}

/** Complete models, the newest first. A copy in a folder of another name does not count. */
export async function listModels(
  dataDir: string,
): Promise<{ path: string; manifest: ModelManifest }[]> {
  const names = await readdir(modelsFolder(dataDir)).catch(() => []);
  const models = await Promise.all(
    names.filter(isModelId).map(async (name) => {
      const path = join(modelsFolder(dataDir), name);
      const manifest = await readManifest(path).catch(() => null);
      return manifest?.id === name ? { path, manifest } : null;
    }),
  );
  return models
    .filter((model) => model !== null)
    .sort((a, b) => (a.manifest.id < b.manifest.id ? 1 : -1));
}

async function writeManifest(folder: string, manifest: ModelManifest): Promise<void> {
  await writeFileAtomically(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry);
    if (entry !== MANIFEST && (await stat(path)).isFile()) files.push(relative(folder, path));
  }
  return files.sort();
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
