/** Typed, documented packages that any Node project is likely to have: something to learn from on the first day. */

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TypedError } from '@learning-reranker/cross-encoder/errors';

const PACKAGES = [
  'typescript/lib',
  '@types/node',
  'zod',
  'commander',
  'vitest',
  'vite',
  'pino',
  'fast-check',
];

/** What this product brings along itself, for machines that have nothing else. */
const OWN_PACKAGES = ['zod', 'commander', 'pino', 'kysely', 'fastify', 'croner'];

/** There is nothing to learn from where it was looked for. */
export class InstalledPackagesError extends TypedError {
  override readonly name = 'InstalledPackagesError';
  readonly kind = 'invalid';
}

/**
 * Their folders below a node_modules folder, or below the nearest one that has TypeScript; where there is
 * none, the packages that were installed with this one.
 * @throws {InstalledPackagesError}
 */
export function installedPackages(given?: string, current: string = process.cwd()): string[] {
  if (given !== undefined) return found(there(resolve(given), PACKAGES), resolve(given));
  const nearest = modulesAbove(current).find((modules) =>
    existsSync(join(modules, 'typescript', 'lib')),
  );
  if (nearest !== undefined) return found(there(nearest, PACKAGES), nearest);
  const own = modulesAbove(dirname(fileURLToPath(import.meta.url)));
  const known = OWN_PACKAGES.flatMap(
    (name) => own.map((modules) => join(modules, name)).find((path) => existsSync(path)) ?? [],
  );
  return found(known, current);
}

/** Every node_modules folder in and above a folder, the nearest first. */
function modulesAbove(folder: string): string[] {
  const parent = dirname(folder);
  const further = parent === folder ? [] : modulesAbove(parent);
  const own = join(folder, 'node_modules');
  return existsSync(own) ? [own, ...further] : further;
}

function there(modules: string, names: readonly string[]): string[] {
  return names.map((name) => join(modules, name)).filter((path) => existsSync(path));
}

function found(packages: string[], folder: string): string[] {
  if (packages.length > 0) return packages;
  throw new InstalledPackagesError(
    `none of ${PACKAGES.join(', ')} is installed in or above ${folder}; name a node_modules folder, or mine your own code with: reranker mine code <folder>`,
  );
}
