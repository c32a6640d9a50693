/** Checks a request before it is queued: its form, the files it names, and the operation's own checks. */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import { type NamedPath, type Operation, RequestError } from '../operations/operation.js';

/** Returns the parsed request. @throws {ZodError} for another form; {TypedError} naming the field */
export async function checkRequest<Schema extends z.ZodType>(
  operation: Operation<Schema>,
  sent: unknown,
  settings: Settings,
): Promise<z.output<Schema>> {
  const request = operation.schema.parse(sent);
  await refuseOutside(operation.paths?.(request) ?? [], settings);
  await operation.precheck?.(request, settings);
  return request;
}

/**
 * Callers of the API may name only files below the source roots, after following links.
 * @throws {RequestError} naming the field of a path that does not exist or is elsewhere
 */
async function refuseOutside(
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
