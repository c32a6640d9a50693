/** Finds typed, documented packages that most Node projects have, to learn from on the first day. */

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

/** Packages that are installed with this product, for machines without others. */
const OWN_PACKAGES = ['zod', 'commander', 'pino', 'kysely', 'fastify', 'croner'];

/** No known package is installed. */
export class InstalledPackagesError extends TypedError {
  override readonly name = 'InstalledPackagesError';
  readonly kind = 'invalid';
}

/**
 * The folders of the packages in `given`, or in the nearest node_modules with TypeScript, or else those that
 * were installed with this product.
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
    `None of ${PACKAGES.join(', ')} is installed in or above ${folder}. Name a node_modules folder, or mine your own code with: reranker mine code <folder>`,
  );
}
