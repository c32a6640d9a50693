/**
 * Downloads a model from the Hugging Face hub into the shared cache: a fixed list of files, weights
 * as safetensors only, never code. Every byte is checked against the hub's hash.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AtomicWriteError, writeFileAtomically } from './atomic-write.js';
import {
  cachedModelFolder,
  type Environment,
  findCachedSnapshot,
  HubError,
  type HubModel,
  hubCacheFolder,
  isCommit,
  parseHubId,
} from './hub-cache.js';

export interface DownloadOptions {
  /** A branch, tag or commit; `main` when absent. */
  readonly revision?: string;
  /** Where HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, HF_ENDPOINT and HF_TOKEN are looked up. */
  readonly environment?: Environment;
  readonly signal?: AbortSignal;
  /** Called as bytes arrive; `done` and `total` count bytes of the file that is named. */
  readonly onProgress?: (progress: { file: string; done: number; total: number }) => void;
}

/** The files that are downloaded, in this order; the weights are last. */
const wantedFiles = [
  'config.json',
  'tokenizer.json',
  'vocab.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'config_sentence_transformers.json',
  'modules.json',
  'sentence_bert_config.json',
  'model.safetensors',
];

/**
 * Gives the local folder of a hub model and downloads the files that the cache lacks. If
 * HF_HUB_OFFLINE is set or the hub does not respond, a complete copy in the cache is used as it is.
 * @throws {HubError} when the id is not valid, the model does not exist or needs another token, has no
 *   safetensors, arrives damaged, or is neither reachable nor cached; {AtomicWriteError} when the disk
 *   fails.
 */
export async function downloadModel(id: string, options: DownloadOptions = {}): Promise<string> {
  const { environment = process.env, revision } = options;
  const model = parseHubId(id, revision);
  const cache = hubCacheFolder(environment);
  const cached = await findCachedSnapshot(cache, model);
  if (isOffline(environment)) {
    if (cached) return cached;
    throw new HubError(
      'offline',
      `${nameOf(model)} is not in the cache ${cache}, and HF_HUB_OFFLINE prevents a download. Unset HF_HUB_OFFLINE, or give the path of a model folder.`,
    );
  }
  if (cached && isCommit(model.revision)) return cached; // a commit never changes
  try {
    return await bringIntoCache(await connect(model, options), cache, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const explained = explain(error, model, environment);
    if (cached && explained instanceof HubError && explained.code === 'network') return cached;
    throw explained;
  }
}

/** What the hub states about one file. */
interface RemoteFile {
  readonly path: string;
  readonly size: number;
  /** SHA-256 of a large file, or git's SHA-1 of a small one; also its name among the blobs. */
  readonly hash: string;
}

interface Connection {
  readonly model: HubModel;
  readonly commit: string;
  readonly files: readonly RemoteFile[];
  open(file: RemoteFile): Promise<AsyncIterable<Uint8Array>>;
}

async function connect(model: HubModel, options: DownloadOptions): Promise<Connection> {
  const hub = await import('@huggingface/hub'); // loaded only when a model is downloaded
  const { environment = process.env, signal } = options;
  const repo = { type: 'model' as const, name: nameOf(model) };
  const request = {
    ...(environment.HF_ENDPOINT && { hubUrl: environment.HF_ENDPOINT.replace(/\/+$/, '') }),
    ...(environment.HF_TOKEN && { accessToken: environment.HF_TOKEN }),
    fetch: ((url, init) => fetch(url, { ...init, ...(signal && { signal }) })) as typeof fetch,
  };
  const { sha: commit } = await hub.modelInfo({
    ...request,
    name: repo.name,
    revision: model.revision,
    additionalFields: ['sha'],
  });
  if (!isCommit(commit)) throw unexpected(model, 'no commit');
  const listed = await hub.pathsInfo({
    ...request,
    repo,
    revision: commit,
    paths: [...wantedFiles, 'pytorch_model.bin'],
  });
  const files = listed.map(({ path, size, lfs, oid }) => ({
    path,
    size,
    hash: lfs?.oid ?? oid ?? '',
  }));
  return {
    model,
    commit,
    files: checkFiles(model, files),
    async open({ path }) {
      const blob = await hub.downloadFile({ ...request, repo, path, revision: commit });
      if (!blob) throw unexpected(model, `no ${path}`);
      return blob.stream() as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

/** Keeps only the wanted files and refuses an invalid response. */
function checkFiles(model: HubModel, files: readonly RemoteFile[]): RemoteFile[] {
  const has = (path: string) => files.some((file) => file.path === path);
  if (!has('config.json')) {
    throw new HubError(
      'not-found',
      `${nameOf(model)} has no config.json, so it is not a model. Check the id.`,
    );
  }
  if (!has('model.safetensors')) {
    throw new HubError(
      'no-safetensors',
      `${nameOf(model)} has no model.safetensors${has('pytorch_model.bin') ? ', only pytorch_model.bin, a pickle that can run code when opened and is never downloaded' : ''}. Choose another model, or a revision of it that has safetensors.`,
    );
  }
  const wanted = files.filter(({ path }) => wantedFiles.includes(path));
  for (const { path, size, hash } of wanted) {
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) || !Number.isSafeInteger(size) || size < 0) {
      throw unexpected(model, `no hash or size for ${path}`);
    }
  }
  return wanted.sort((a, b) => wantedFiles.indexOf(a.path) - wantedFiles.indexOf(b.path));
}

async function bringIntoCache(
  connection: Connection,
  cache: string,
  options: DownloadOptions,
): Promise<string> {
  const { model, commit, files } = connection;
  const folder = cachedModelFolder(cache, model);
  const snapshot = join(folder, 'snapshots', commit);
  for (const file of files) {
    const blob = join(folder, 'blobs', file.hash);
    if (!(await isFileOfSize(blob, file.size))) {
      const content = await connection.open(file);
      await writeFileAtomically(blob, checked(content, file, model, options.onProgress));
    }
    await pointTo(blob, join(snapshot, file.path), file.size);
  }
  if (!isCommit(model.revision)) {
    await writeFileAtomically(join(folder, 'refs', model.revision), commit);
  }
  return snapshot;
}

/** Passes bytes on, and fails before the last one if their hash is not the announced one. */
async function* checked(
  content: AsyncIterable<Uint8Array>,
  { path, size, hash }: RemoteFile,
  model: HubModel,
  onProgress: DownloadOptions['onProgress'],
): AsyncIterable<Uint8Array> {
  const isLarge = hash.length === 64;
  const digest = createHash(isLarge ? 'sha256' : 'sha1');
  if (!isLarge) digest.update(`blob ${size}\0`); // as git names its objects
  let done = 0;
  for await (const chunk of content) {
    done += chunk.length;
    if (done > size) break;
    digest.update(chunk);
    yield chunk;
    onProgress?.({ file: path, done, total: size });
  }
  if (done === size && digest.digest('hex') === hash) return;
  throw new HubError(
    'damaged',
    `${nameOf(model)}: ${path} was damaged during the download: expected ${size} bytes with hash ${hash}, got ${done} bytes with another hash. Nothing was kept. Try again.`,
  );
}

async function isFileOfSize(path: string, size: number): Promise<boolean> {
  return stat(path).then(
    (file) => file.isFile() && file.size === size,
    () => false,
  );
}

/** Makes a relative link, as Python does, or a copy where links are not allowed. */
async function pointTo(blob: string, pointer: string, size: number): Promise<void> {
  if (await isFileOfSize(pointer, size)) return;
  await mkdir(dirname(pointer), { recursive: true });
  await rm(pointer, { force: true });
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch (error) {
    // If another process was faster, its link points to the same bytes.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await copyFile(blob, pointer);
  }
}

function isOffline(environment: Environment): boolean {
  return /^(?:1|true|yes|on)$/i.test(environment.HF_HUB_OFFLINE ?? '');
}

function nameOf({ owner, name }: HubModel): string {
  return `${owner}/${name}`;
}

function unexpected(model: HubModel, what: string): HubError {
  return new HubError(
    'network',
    `The hub's response for ${nameOf(model)} is not usable (${what}). Check HF_ENDPOINT.`,
  );
}

function explain(error: unknown, model: HubModel, environment: Environment): Error {
  if (error instanceof HubError || error instanceof AtomicWriteError) return error;
  const { statusCode } = error as { statusCode?: number };
  const name = `${nameOf(model)}${model.revision === 'main' ? '' : ` at ${model.revision}`}`;
  if (statusCode === 404) {
    return new HubError('not-found', `The hub has no model ${name}. Check the spelling.`);
  }
  if (statusCode === 401 || statusCode === 403) {
    const reason = environment.HF_TOKEN ? 'HF_TOKEN has no access to it' : 'HF_TOKEN is not set';
    return new HubError(
      'no-access',
      `The hub refuses ${name}: it is private, gated or does not exist, and ${reason}.`,
    );
  }
  const { cause: inner } = error as { cause?: unknown };
  const cause = inner instanceof Error ? ` (${inner.message})` : '';
  const message = `${(error as Error).message}${cause}`;
  const token = environment.HF_TOKEN;
  return new HubError(
    'network',
    `${name} could not be downloaded: ${token ? message.replaceAll(token, '***') : message}. Check the connection and HF_ENDPOINT, or give the path of a model folder.`,
  );
}
