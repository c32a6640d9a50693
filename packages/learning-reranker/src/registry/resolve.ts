/** Finds the folder of a model by the name that a user gives. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { downloadModel } from '@learning-reranker/cross-encoder';
import { readLive } from './live.js';
import type { ModelManifest } from './manifest.js';
import {
  listModels,
  RegistryError,
  readManifest,
  UnknownModelError,
  verifyModel,
} from './models.js';
import { lossOfCard, STARTER, starterFolder } from './starter.js';

export interface ResolvedModel {
  /** The model's id, `starter`, the given folder, or a Hugging Face id. */
  readonly id: string;
  readonly path: string;
  /** Null for a model trained elsewhere. */
  readonly manifest: ModelManifest | null;
  /** The SBERT class of the loss, from the manifest or the model card; null if neither has one. */
  readonly loss: string | null;
}

/**
 * Finds `live`, `starter`, an id or its start, a folder, or a Hugging Face id, which is downloaded. Checks every file of
 * a model trained here against its manifest.
 * @throws {UnknownModelError} with the known names. {RegistryError} with the file that does not match.
 */
export async function resolveModel(dataDir: string, name: string): Promise<ResolvedModel> {
  const model = await findModel(dataDir, name);
  if (model.manifest) await verifyModel(model.path);
  return model;
}

/** Finds a model to promote. @throws {UnknownModelError}. {RegistryError} if it is live or was trained elsewhere */
export async function promotableModel(
  dataDir: string,
  name: string,
): Promise<ResolvedModel & { readonly manifest: ModelManifest }> {
  const model = await resolveModel(dataDir, name);
  const { id, manifest } = model;
  if (manifest) {
    const live = await readLive(dataDir);
    if (live.id === id) throw new RegistryError(`${id} is live already`);
    return { ...model, manifest };
  }
  throw new RegistryError(
    `Cannot promote ${id}: only models trained here can be promoted. To return to an earlier live model or the starter, run \`reranker rollback\` or send POST /api/reranker/rollback.`,
  );
}

/** Like `resolveModel`, but without reading and checking the files, which have tens of megabytes. */
export async function findModel(dataDir: string, name: string): Promise<ResolvedModel> {
  if (name === 'live') {
    const { id } = await readLive(dataDir);
    return findModel(dataDir, id);
  }
  if (name === STARTER) return withoutManifest(STARTER, starterFolder());
  const models = await listModels(dataDir);
  const matching = models.filter(({ manifest }) => manifest.id.startsWith(name));
  const exact = matching.find(({ manifest }) => manifest.id === name);
  const found = exact ?? (matching.length === 1 ? matching[0] : undefined);
  if (found) {
    const { path, manifest } = found;
    return { id: manifest.id, path, manifest, loss: manifest.loss.name };
  }
  if (matching.length > 1) {
    throw new UnknownModelError(
      `${name} is the start of ${matching.length} models' ids. Write more characters of the id.`,
    );
  }
  if (await isFolder(name)) {
    const path = resolve(name);
    const manifest = await readManifest(path).catch(() => null);
    if (manifest) return { id: name, path, manifest, loss: manifest.loss.name };
    return withoutManifest(name, path);
  }
  if (looksLikeHubId(name)) return withoutManifest(name, await downloadModel(name));
  const known = models.map(({ manifest }) => manifest.id).slice(0, 5);
  throw new UnknownModelError(
    `There is no model '${name}'. Choose one of: ${['live', STARTER, ...known].join(', ')}.`,
  );
}

async function withoutManifest(id: string, path: string): Promise<ResolvedModel> {
  return { id, path, manifest: null, loss: await lossOfCard(path) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

function looksLikeHubId(name: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(name) && !name.startsWith('.');
}
