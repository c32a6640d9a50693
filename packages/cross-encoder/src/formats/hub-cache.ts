/**
 * The cache that all Hugging Face libraries share: where a model is in it, and which models are
 * complete. Layout: `models--<owner>--<name>/{refs/<revision>, snapshots/<commit>/, blobs/}`.
 */

import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** Raised when a model cannot be downloaded; the message says what to do and never contains a token. */
export class HubError extends CodedError<
  'bad-id' | 'offline' | 'not-found' | 'no-access' | 'no-safetensors' | 'network' | 'damaged'
> {
  override readonly name = 'HubError';
  readonly kind = 'unavailable';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A model's place on the hub, checked so that its parts are safe in paths and URLs. */
export interface HubModel {
  readonly owner: string;
  readonly name: string;
  readonly revision: string;
}

/**
 * Parses `owner/name`; a name alone belongs to `cross-encoder/`, as in sentence-transformers.
 * @throws {HubError} `bad-id` for anything that is not a plain id and revision.
 */
export function parseHubId(id: string, revision = 'main'): HubModel {
  const [owner, name, ...rest] = id.includes('/') ? id.split('/') : ['cross-encoder', id];
  if (!isIdPart(owner) || !isIdPart(name) || rest.length > 0) {
    throw new HubError(
      'bad-id',
      `${JSON.stringify(id)} is not a model id: expected owner/name of letters, digits, "-", "_" and ".", such as cross-encoder/ms-marco-MiniLM-L6-v2. For a folder, give a path that exists.`,
    );
  }
  if (revision.length > 200 || !revision.split('/').every(isIdPart)) {
    throw new HubError(
      'bad-id',
      `${JSON.stringify(revision)} is not a revision: expected a branch, tag or commit.`,
    );
  }
  return { owner, name, revision };
}

function isIdPart(part: string | undefined): part is string {
  return part !== undefined && /^\w(?:[\w.-]{0,94}\w)?$/.test(part) && !/\.\.|--|\.git$/.test(part);
}

/** The folder of the cache, by HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME or XDG_CACHE_HOME. */
export function hubCacheFolder(environment: Environment): string {
  const home =
    environment.HF_HOME ||
    join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  return environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE || join(home, 'hub');
}

/** The folder of one model in the cache. */
export function cachedModelFolder(cache: string, { owner, name }: HubModel): string {
  return join(cache, `models--${owner}--${name}`);
}

/** A full commit hash. */
export function isCommit(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{40}$/.test(text);
}

/** The snapshot of a model that is complete in the cache, or `undefined`. */
export async function findCachedSnapshot(
  cache: string,
  model: HubModel,
): Promise<string | undefined> {
  const folder = cachedModelFolder(cache, model);
  const commit = isCommit(model.revision)
    ? model.revision
    : (await readFile(join(folder, 'refs', model.revision), 'utf8').catch(() => '')).trim();
  if (!isCommit(commit)) return undefined;
  const snapshot = join(folder, 'snapshots', commit);
  return (await isComplete(snapshot)) ? snapshot : undefined;
}

/** The weights are downloaded last, so a snapshot with weights has every file. */
async function isComplete(snapshot: string): Promise<boolean> {
  const has = (name: string) =>
    stat(join(snapshot, name)).then(
      (file) => file.isFile(),
      () => false,
    );
  const isModel = (await has('config.json')) && (await has('model.safetensors'));
  return isModel && ((await has('tokenizer.json')) || (await has('vocab.txt')));
}
