/** Which files a caller may have read: those below the folders that the settings name, links followed. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { jobSchemas } from '../runs/index.js';
import { ApiError } from './errors.js';

type PathRequest = z.output<(typeof jobSchemas)['mine' | 'import']>;

/** The paths that a request of mining or of an import names. */
export function pathsOf(request: PathRequest): readonly string[] {
  return [
    ...('folders' in request ? request.folders : []),
    ...('path' in request && request.path !== undefined ? [request.path] : []),
    ...('corpus' in request ? request.corpus : []),
    ...('queries' in request ? [request.queries] : []),
  ];
}

/** @throws {ApiError} for a path that is not there, or that leads elsewhere. */
export async function refuseOutside(
  paths: readonly string[],
  { sourceRoots }: Pick<Settings, 'sourceRoots'>,
): Promise<void> {
  const roots = await Promise.all(
    sourceRoots
      .split(',')
      .map((root) => root.trim())
      .filter((root) => root !== '')
      .map((root) => realpath(resolve(root)).catch(() => resolve(root))),
  );
  for (const path of paths) {
    const real = path.includes('\0') ? null : await realpath(resolve(path)).catch(() => null);
    const isInside = real !== null && roots.some((root) => contains(root, real));
    if (isInside) continue;
    throw new ApiError(
      'invalid_request',
      'there is no such file or folder below those that AGRO_RERANKER_SOURCE_ROOTS names (the folder the service was started in, if it names none): put it there, or name its folder and start again',
      { field: 'path' },
    );
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}
