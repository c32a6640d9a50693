/** Which files a caller of the API may name: those below the source roots, after following links. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Settings } from '../config/index.js';
import { type NamedPath, RequestError } from '../operations/operation.js';

/** @throws {RequestError} naming the field of a path that does not exist, or that leads out of the source roots */
export async function refuseOutside(
  paths: readonly NamedPath[],
  { sourceRoots }: Pick<Settings, 'sourceRoots'>,
): Promise<void> {
  const roots = await Promise.all(
    sourceRoots
      .split(',')
      .map((root) => root.trim())
      .filter((root) => root !== '')
      .map((root) => realpath(resolve(root)).catch(() => resolve(root))),
  );
  for (const { field, path } of paths) {
    const real = path.includes('\0') ? null : await realpath(resolve(path)).catch(() => null);
    const isInside = real !== null && roots.some((root) => contains(root, real));
    if (isInside) continue;
    throw new RequestError(
      'invalid',
      field,
      'This path is outside AGRO_RERANKER_SOURCE_ROOTS (by default the folder in which the service was started). Move the file there, or add its folder and restart.',
    );
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}
