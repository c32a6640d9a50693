/** Which files a caller may have read: those below the folders that the settings name, links followed. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { jobSchemas } from '../operations/index.js';
import { ApiError } from './errors.js';

type PathRequest = z.output<(typeof jobSchemas)['mine' | 'import']>;

/** A path with the field of a request that names it. */
interface NamedPath {
  readonly field: string;
  readonly path: string;
}

/** The paths that a request of mining or of an import names. */
export function pathsOf(request: PathRequest): readonly NamedPath[] {
  const each = (field: string, paths: readonly string[]) =>
    paths.map((path, index) => ({ field: `${field}.${index}`, path }));
  return [
    ...('folders' in request ? each('folders', request.folders) : []),
    ...('path' in request && request.path !== undefined
      ? [{ field: 'path', path: request.path }]
      : []),
    ...('corpus' in request ? each('corpus', request.corpus) : []),
    ...('queries' in request && typeof request.queries === 'string'
      ? [{ field: 'queries', path: request.queries }]
      : []),
  ];
}

/**
 * `place` is where the request stands in what was sent, such as `mine.`.
 * @throws {ApiError} naming the field of a path that is not there, or that leads elsewhere
 */
export async function refuseOutside(
  paths: readonly NamedPath[],
  { sourceRoots }: Pick<Settings, 'sourceRoots'>,
  place: string,
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
    throw new ApiError(
      'invalid_request',
      'there is no such file or folder below those that AGRO_RERANKER_SOURCE_ROOTS names (the folder the service was started in, if it names none): put it there, or name its folder and start again',
      { field: `${place}${field}` },
    );
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}
