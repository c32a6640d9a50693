/** Which files a caller may have read: those below the folders that the settings name, links followed. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { jobSchemas } from '../runs/index.js';
import { ApiError } from './errors.js';

type MineRequest = z.output<(typeof jobSchemas)['mine']>;

/** The paths that a request of mining names. */
export function pathsOf(request: MineRequest): readonly string[] {
  if (request.source === 'code') return request.folders;
  if (request.source === 'triplets') return [request.path];
  return request.source === 'evaluation' ? [request.path, ...request.corpus] : [];
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
      'there is no such file or folder below those that AGRO_RERANKER_SOURCE_ROOTS names (the folder the service was started in, if it names none)',
      { field: 'path' },
    );
  }
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way.startsWith('..') || isAbsolute(way));
}
