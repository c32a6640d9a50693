/** From what a user calls a model to its folder. */
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
  /** The model's id, `starter`, a folder as it was given, or a hub id. */
  readonly id: string;
  readonly path: string;
  /** For models made here. */
  readonly manifest: ModelManifest | null;
  /** The SBERT class of the loss that trained it, by its manifest or its card; null where neither says. */
  readonly loss: string | null;
}

/**
 * `live`, `starter`, an id or the beginning of one, a folder, or a hub id, which is downloaded. Every
 * file of a model made here is checked against its manifest.
 * @throws {UnknownModelError} naming what there is. {RegistryError} naming the file that is not as it was.
 */
export async function resolveModel(dataDir: string, name: string): Promise<ResolvedModel> {
  const model = await findModel(dataDir, name);
  if (model.manifest) await verifyModel(model.path);
  return model;
}

/** A model as one that may go live. @throws {UnknownModelError}, and {RegistryError} for one that may not, or is live */
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
    `only models trained here can be promoted, and ${id} is none. What was live before, down to the starter, goes live again by: reranker rollback, or POST /api/reranker/rollback`,
  );
}

/** As `resolveModel`, for who only tells of it: its files, tens of megabytes, are not read. */
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
    throw new UnknownModelError(`${name} begins ${matching.length} models' ids; give more of it`);
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
    `there is no model '${name}'; there are: ${['live', STARTER, ...known].join(', ')}`,
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
