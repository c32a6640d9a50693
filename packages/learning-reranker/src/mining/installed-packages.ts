/** Typed, documented packages that any Node project is likely to have: something to learn from on the first day. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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

/** There is nothing to learn from where it was looked for. */
export class InstalledPackagesError extends Error {
  override readonly name = 'InstalledPackagesError';
}

/**
 * Their folders below a node_modules folder, or below the nearest one that has TypeScript.
 * @throws {InstalledPackagesError}
 */
export function installedPackages(given?: string): string[] {
  let folder = given === undefined ? process.cwd() : resolve(given);
  const inside = (parent: string) =>
    PACKAGES.map((name) => join(parent, name)).filter((path) => existsSync(path));
  if (given !== undefined) return found(inside(folder), folder);
  while (!existsSync(join(folder, 'node_modules', 'typescript')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return found(inside(join(folder, 'node_modules')), folder);
}

function found(packages: string[], folder: string): string[] {
  if (packages.length > 0) return packages;
  throw new InstalledPackagesError(
    `none of ${PACKAGES.join(', ')} is installed in or above ${folder}; name a node_modules folder, or mine your own code with: reranker mine code <folder>`,
  );
}
