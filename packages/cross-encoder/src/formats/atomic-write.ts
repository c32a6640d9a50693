/**
 * Writes files and folders atomically: they are written beside their target, flushed, then renamed to
 * it. A crash at any moment leaves either the old state or the new one.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path';
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** The content of a file: text (UTF-8), bytes, or chunks of bytes in order. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Raised when a file or folder could not be written; the old one is unchanged. */
export class AtomicWriteError extends CodedError<
  'disk-full' | 'exists' | 'bad-name' | 'input-output'
> {
  override readonly name = 'AtomicWriteError';
  readonly kind = 'internal';
  readonly path: string;

  constructor(code: AtomicWriteError['code'], path: string, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? undefined : { cause });
    this.path = path;
  }
}

/**
 * Writes one file so that it appears whole or not at all, replacing an older one of that name.
 * Missing parent folders are made.
 * @throws {AtomicWriteError} when the disk is full or fails; the old file is then unchanged.
 */
export async function writeFileAtomically(path: string, content: FileContent): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryPath(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await removeAbandoned(target);
    await writeAndFlush(temporary, content);
    await rename(temporary, target);
    await flushFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw asWriteError(error, target);
  }
}

/**
 * Writes a folder of files (names may hold `/`) so that it appears whole or not at all.
 * With `replace`, an existing folder is first moved aside, and removed after the new one is in place.
 * A crash in between leaves it complete under a temporary name that ends in `.replaced`, and the
 * next writer of the same folder puts it back.
 * @throws {AtomicWriteError} `exists` when the path is not an empty folder and `replace` is
 *   not set; `bad-name` for a name that leaves the folder; else as for files.
 */
export async function writeFolderAtomically(
  path: string,
  files: ReadonlyMap<string, FileContent>,
  options: { replace?: boolean } = {},
): Promise<void> {
  const target = resolve(path);
  const temporary = temporaryPath(target);
  for (const name of files.keys()) refuseNameOutsideFolder(name, target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await settleReplaced(target);
    if ((await isOccupied(target)) && !options.replace) throw alreadyThere(target);
    await removeAbandoned(target);
    await mkdir(temporary);
    const folders = new Set([temporary]);
    for (const [name, content] of files) {
      const file = join(temporary, name);
      for (let folder = dirname(file); folder !== temporary; folder = dirname(folder)) {
        folders.add(folder);
      }
      await mkdir(dirname(file), { recursive: true });
      await writeAndFlush(file, content);
    }
    for (const folder of folders) await flushFolder(folder);
    await moveIntoPlace(temporary, target, options.replace === true);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw asWriteError(error, target);
  }
}

async function moveIntoPlace(temporary: string, target: string, replace: boolean): Promise<void> {
  const previous = `${temporary}${REPLACED}`;
  const occupied = await isOccupied(target);
  if (occupied && !replace) throw alreadyThere(target);
  if (occupied) await rename(target, previous);
  try {
    await rename(temporary, target);
  } catch (error) {
    if (occupied) await rename(previous, target);
    throw error;
  }
  await flushFolder(dirname(target));
  if (occupied) await removeReplaced(previous);
}

/** Renames a folder before it removes it, so that a folder called `.replaced` is always complete. */
async function removeReplaced(previous: string): Promise<void> {
  const abandoned = previous.slice(0, -REPLACED.length);
  await rename(previous, abandoned);
  await rm(abandoned, { recursive: true, force: true });
}

async function writeAndFlush(path: string, content: FileContent): Promise<void> {
  const file = await open(path, 'wx');
  try {
    if (typeof content === 'string') {
      await file.writeFile(content, 'utf8');
    } else if (content instanceof Uint8Array) {
      await file.writeFile(content);
    } else {
      for await (const chunk of content) await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A rename is durable only after the parent folder was flushed to disk. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows does not open folders for flushing.
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The ending of a folder that was moved aside to be replaced. */
const REPLACED = '.replaced';

const thisHost = hostname().replace(/[^A-Za-z0-9]/g, '');

function temporaryPath(target: string): string {
  const unique = `${thisHost}-${process.pid}-${randomBytes(4).toString('hex')}`;
  return join(dirname(target), `.${basename(target)}.${unique}.tmp`);
}

/** Removes temporary files that killed processes of this host left for the same target. */
async function removeAbandoned(target: string): Promise<void> {
  for (const path of await leftByKilled(target, '')) {
    await rm(path, { recursive: true, force: true });
  }
}

/** Puts back the folder that a killed process of this host moved aside, or removes it if the target exists. */
async function settleReplaced(target: string): Promise<void> {
  for (const previous of await leftByKilled(target, REPLACED)) {
    if (await isOccupied(target)) await removeReplaced(previous);
    else await rename(previous, target);
  }
}

/** Temporary paths for a target, with this ending, whose processes no longer run. */
async function leftByKilled(target: string, ending: string): Promise<string[]> {
  const prefix = `.${basename(target)}.${thisHost}-`;
  const folder = dirname(target);
  return (await readdir(folder)).flatMap((name) => {
    if (!name.startsWith(prefix) || !name.endsWith(`.tmp${ending}`)) return [];
    const unique = name.slice(prefix.length, -`.tmp${ending}`.length);
    const writer = /^(\d+)-[0-9a-f]{8}$/.exec(unique);
    return writer && !isRunning(Number(writer[1])) ? [join(folder, name)] : [];
  });
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function isOccupied(path: string): Promise<boolean> {
  try {
    const found = await stat(path);
    return !found.isDirectory() || (await readdir(path)).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw asWriteError(error, path);
  }
}

function refuseNameOutsideFolder(name: string, folder: string): void {
  const tidy = normalize(name);
  const leaves = tidy === '..' || tidy.startsWith(`..${sep}`);
  if (name === '' || tidy === '.' || leaves || isAbsolute(name) || /[\\\0]/.test(name)) {
    throw new AtomicWriteError(
      'bad-name',
      folder,
      `Cannot write ${JSON.stringify(name)} into ${folder}: expected a relative name inside the folder.`,
    );
  }
}

function alreadyThere(target: string): AtomicWriteError {
  return new AtomicWriteError(
    'exists',
    target,
    `${target} already exists and is not an empty folder. Choose another path, or set replace.`,
  );
}

/** Explains errors of the disk; errors of the content's source are passed on unchanged. */
function asWriteError(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof AtomicWriteError || !/^E[A-Z]+$/.test(code ?? '')) return error;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new AtomicWriteError(
    full ? 'disk-full' : 'input-output',
    path,
    full
      ? `Cannot write ${path}: the disk is full. Nothing was changed; free some space and try again.`
      : `Cannot write ${path}: ${message}. Nothing was changed.`,
    error,
  );
}
