/** Which files a caller may have read: those below the folders that the settings name, links followed. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { ImportRequest } from '../exchange/import-file.js';
import type { FilesRequest } from '../mining/mine-files.js';
import { fileSource } from '../mining/sources/index.js';
import type { FileSource } from '../mining/sources/source.js';
import type { jobSchemas } from '../operations/index.js';
import { ApiError } from './errors.js';

type PathRequest = z.output<(typeof jobSchemas)['mine' | 'import']>;

/** A path with the field of a request that names it. */
interface NamedPath {
  readonly field: string;
  readonly path: string;
}

/** The files and folders that a request of mining or of an import reads. */
export function pathsOf(request: PathRequest): readonly NamedPath[] {
  return Object.entries(pathsByField(request)).flatMap(([field, paths = []]) =>
    typeof paths === 'string'
      ? [{ field, path: paths }]
      : paths.map((path, index) => ({ field: `${field}.${index}`, path })),
  );
}

function pathsByField(request: PathRequest): ReturnType<FileSource['paths']> {
  if ('format' in request) {
    const { path, queries }: ImportRequest = request;
    return { path, queries };
  }
  const { source = 'feedback' } = request;
  return source === 'feedback' ? {} : fileSource(source).paths(request as FilesRequest);
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
