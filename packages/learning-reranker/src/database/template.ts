/** A template of a new embedded database: unpacking it takes a fifth of the time of initdb. */
import { existsSync, openAsBlob, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';

/** The path in the package's `dist` folder. Each version of PGlite has its own template. */
export function templatePath(): string {
  const entry = import.meta.resolve('@electric-sql/pglite');
  const file = fileURLToPath(new URL('../package.json', entry));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const folder = fileURLToPath(new URL('../../dist', import.meta.url));
  return join(folder, `database-template-${version}.tar.gz`);
}

/** Creates the template if it does not exist. */
export async function makeTemplate(): Promise<void> {
  const path = templatePath();
  if (existsSync(path)) return;
  const lite = new PGlite();
  await lite.waitReady;
  const dump = await lite.dumpDataDir('gzip');
  await lite.close();
  await writeFileAtomically(path, Buffer.from(await dump.arrayBuffer()));
}

/** Creates a database in memory. */
export async function newInMemory(): Promise<PGlite> {
  const lite = new PGlite(await fromTemplate());
  await lite.waitReady;
  return lite;
}

/** Creates a database folder atomically. Removes what a killed process left behind. */
export async function makeDatabaseFolder(folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  const lite = new PGlite({ dataDir: unfinished, ...(await fromTemplate()) });
  await lite.waitReady;
  await lite.close();
  await rename(unfinished, folder);
}

async function fromTemplate(): Promise<{ loadDataDir?: Blob }> {
  const path = templatePath();
  return existsSync(path) ? { loadDataDir: await openAsBlob(path) } : {};
}
