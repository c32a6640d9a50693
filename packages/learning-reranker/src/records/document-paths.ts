/** Turns the document ids of older data, which are absolute paths, into paths within a repository. */
import { isAbsolutePath } from './training-record.js';

/** The path of a document id, and its lines, such as `10-40`, if it has any. */
export interface DocumentPlace {
  readonly path: string;
  readonly lines?: string;
}

/** Splits an id such as `/home/me/repo/src/a.ts:10-40`. The separator of the result is `/`. */
export function splitDocumentId(id: string): DocumentPlace {
  const match = /^(.*?)(?::(\d+(?:-\d+)?))?$/s.exec(id.trim());
  const raw = (match?.[1] ?? '').replace(/^file:\/\//, '');
  const path = /^[A-Za-z]:[\\/]|\\/.test(raw) ? raw.replaceAll('\\', '/') : raw;
  const lines = match?.[2];
  return lines === undefined ? { path } : { path, lines };
}

/** Folders inside repositories. If a common folder ends in one, the root is its parent. */
const INNER_FOLDERS = new Set(
  'src lib app apps packages server web core docs test tests scripts cmd internal pkg'.split(' '),
);
/** The root contains at least this share of the paths. */
const MOST = 0.8;

/** The folder with most of the absolute paths, probably the repository's root. Undefined if there is none. */
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
 * A path relative to `root`. A path outside of it (`inside` is false) keeps only the file name, since its folders
 * may contain names of people.
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
