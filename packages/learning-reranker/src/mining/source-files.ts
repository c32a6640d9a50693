/** Finds the files to mine in folders, and reports which were skipped and why. */

import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { TypedError } from '@learning-reranker/cross-encoder/errors';

/** A file, its repository and its path in the repository, with `/` between folders. */
export interface SourceFile {
  /** The absolute path on this machine. It is never stored. */
  readonly path: string;
  readonly doc_path_rel: string;
  readonly repo_slug: string;
}

type SkipReason =
  | 'installed package'
  | 'hidden or generated folder'
  | 'symbolic link'
  | 'larger than the limit'
  | 'minified'
  | 'binary'
  | 'unreadable';

/** The result of {@link listSourceFiles}. */
export interface SourceFiles {
  /** In order of repository and path. */
  readonly files: readonly SourceFile[];
  /** How many files and folders were skipped, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

/** A folder or file to mine does not exist. */
export class SourceFolderError extends TypedError {
  override readonly name = 'SourceFolderError';
  readonly kind = 'not-found';
}

/** Options of {@link listSourceFiles}. */
export interface ListOptions {
  /** Which files to take, by name. */
  readonly accepts: (path: string) => boolean;
  /** Larger files are skipped. Default 1 MiB. */
  readonly maximumBytes?: number;
}

/**
 * Lists the files in `roots`, which are folders or files. Symbolic links are not followed, so that
 * nothing outside a root is read and there are no loops. `node_modules`, `.git` and other hidden
 * folders, virtual environments and caches are skipped, but a root may be inside one of these.
 * @throws {SourceFolderError} when a root does not exist.
 */
export async function listSourceFiles(
  roots: readonly string[],
  options: ListOptions,
): Promise<SourceFiles> {
  const found = new Map<string, SourceFile>();
  const skipped: Partial<Record<SkipReason, number>> = {};
  const skip = (reason: SkipReason) => {
    skipped[reason] = (skipped[reason] ?? 0) + 1;
  };
  for (const given of roots) {
    const root = await existing(given);
    const isFolder = (await stat(root)).isDirectory();
    const naming = new RepositoryNames(isFolder ? root : dirname(root));
    const paths = isFolder ? walk(root, skip) : [root];
    for await (const path of paths) {
      if (found.has(path) || !options.accepts(path)) continue;
      const unfit = await reasonToSkip(path, options.maximumBytes ?? 2 ** 20);
      if (unfit) skip(unfit);
      else found.set(path, { path, ...(await naming.nameOf(path)) });
    }
  }
  const files = [...found.values()].sort(
    (a, b) => compare(a.repo_slug, b.repo_slug) || compare(a.doc_path_rel, b.doc_path_rel),
  );
  return { files, skipped };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function existing(root: string): Promise<string> {
  try {
    return await realpath(root);
  } catch {
    throw new SourceFolderError(
      `There is no file or folder ${root}. Give the path of a folder of source code.`,
    );
  }
}

async function* walk(folder: string, skip: (reason: SkipReason) => void): AsyncGenerator<string> {
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(folder);
  } catch {
    skip('unreadable');
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) skip('symbolic link');
    else if (entry.isFile()) yield path;
    else if (!entry.isDirectory()) skip('unreadable');
    else if (entry.name === 'node_modules') skip('installed package');
    else if (await isLeftOut(path, entry.name)) skip('hidden or generated folder');
    else yield* walk(path, skip);
  }
}

async function readEntries(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => compare(a.name, b.name));
}

async function isLeftOut(path: string, name: string): Promise<boolean> {
  if (name.startsWith('.') || name === '__pycache__' || name === 'coverage') return true;
  // The code of an installed package is in dist. Elsewhere dist is built from code that is mined already.
  if (name === 'dist' && !path.split(sep).includes('node_modules')) return true;
  return (await exists(join(path, 'pyvenv.cfg'))) || (await exists(join(path, 'CACHEDIR.TAG')));
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function reasonToSkip(path: string, maximumBytes: number): Promise<SkipReason | undefined> {
  if (/[.-]min\.\w+$/.test(path)) return 'minified';
  try {
    const file = await open(path);
    try {
      if ((await file.stat()).size > maximumBytes) return 'larger than the limit';
      const { buffer, bytesRead } = await file.read(Buffer.alloc(8192), 0, 8192, 0);
      const start = buffer.subarray(0, bytesRead);
      if (start.includes(0)) return 'binary';
      return start.toString('latin1').split('\n').some(isMinifiedLine) ? 'minified' : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return 'unreadable';
  }
}

/** Nobody writes lines of code this long. Long strings of data have few of these characters. */
function isMinifiedLine(line: string): boolean {
  return line.length > 1500 && (line.match(/[;{}(),]/g)?.length ?? 0) / line.length > 0.05;
}

/** Folders whose subfolders are packages. */
const PACKAGE_FOLDERS = new Set(['node_modules', 'site-packages', 'dist-packages']);

/** Finds the repository of a file: its installed package, else its git repository, else the root. */
class RepositoryNames {
  readonly #root: string;
  readonly #byFolder = new Map<string, Promise<string>>();

  constructor(root: string) {
    this.#root = root;
  }

  async nameOf(path: string): Promise<Pick<SourceFile, 'doc_path_rel' | 'repo_slug'>> {
    const home = await this.#homeOf(dirname(path));
    const parts = home.split(sep);
    const scope = parts.at(-2) ?? '';
    const slug = scope.startsWith('@') ? `${scope}/${parts.at(-1)}` : basename(home);
    return { doc_path_rel: relative(home, path).split(sep).join('/'), repo_slug: slug };
  }

  #homeOf(folder: string): Promise<string> {
    let home = this.#byFolder.get(folder);
    if (home === undefined) {
      home = this.#findHome(folder);
      this.#byFolder.set(folder, home);
    }
    return home;
  }

  async #findHome(folder: string): Promise<string> {
    const above = dirname(folder);
    const container = basename(above).startsWith('@') ? dirname(above) : above;
    if (PACKAGE_FOLDERS.has(basename(container))) return folder;
    if (await exists(join(folder, '.git'))) return folder;
    if (above === folder) return this.#root;
    return this.#homeOf(above);
  }
}
