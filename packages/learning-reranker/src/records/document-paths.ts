/** Turns the document ids of older data, which name places on somebody's machine, into paths within a repository. */
import { isAbsolutePath } from './training-record.js';

/** Where a document id points to: its path and, if it named them, its lines such as `10-40`. */
export interface DocumentPlace {
  readonly path: string;
  readonly lines?: string;
}

/** Splits an id such as `/home/me/repo/src/a.ts:10-40`; folders are parted by `/` afterwards. */
export function splitDocumentId(id: string): DocumentPlace {
  const match = /^(.*?)(?::(\d+(?:-\d+)?))?$/s.exec(id.trim());
  const raw = (match?.[1] ?? '').replace(/^file:\/\//, '');
  const path = /^[A-Za-z]:[\\/]|\\/.test(raw) ? raw.replaceAll('\\', '/') : raw;
  const lines = match?.[2];
  return lines === undefined ? { path } : { path, lines };
}

/** Folders inside repositories; a root that ends in one is its repository's, one level up. */
const INNER_FOLDERS = new Set(
  'src lib app apps packages server web core docs test tests scripts cmd internal pkg'.split(' '),
);
/** So large a part of the paths must lie below a folder for it to be on the way to the root. */
const MOST = 0.8;

/**
 * The folder that holds most of the absolute paths, stray ones aside: the repository's root as far
 * as the paths tell. Undefined when there are no absolute paths or they have nothing in common.
 */
export function commonRoot(paths: Iterable<string>): string | undefined {
  const folders = [...paths].filter(isAbsolutePath).map((path) => path.split('/').slice(0, -1));
  const root: string[] = [];
  for (;;) {
    const next = mostFrequent(folders.map((parts) => parts[root.length]));
    if (next === undefined || next.count < folders.length * MOST) break;
    root.push(next.value);
    for (let at = folders.length - 1; at >= 0; at--) {
      if (folders[at]?.[root.length - 1] !== next.value) folders.splice(at, 1);
    }
  }
  while (root.length > 1 && INNER_FOLDERS.has(root.at(-1) ?? '')) root.pop();
  const joined = root.join('/');
  return /[^/:]\/?[^/]/.test(joined) ? joined : undefined;
}

/**
 * A path relative to `root`. One that lies elsewhere keeps only its file's name, since the folders
 * above may name people; `inside` says which of the two happened.
 */
export function relativeTo(
  root: string | undefined,
  path: string,
): { path: string; inside: boolean } {
  if (!isAbsolutePath(path)) return { path: path.replace(/^(?:\.\/)+/, ''), inside: true };
  const base = root === undefined ? undefined : `${root.replace(/\/+$/, '')}/`;
  if (base !== undefined && path.startsWith(base)) {
    return { path: path.slice(base.length), inside: true };
  }
  return { path: path.slice(path.lastIndexOf('/') + 1), inside: false };
}

function mostFrequent(
  values: (string | undefined)[],
): { value: string; count: number } | undefined {
  const counts = new Map<string, number>();
  for (const value of values) {
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  let best: { value: string; count: number } | undefined;
  for (const [value, count] of counts) if (!best || count > best.count) best = { value, count };
  return best;
}
