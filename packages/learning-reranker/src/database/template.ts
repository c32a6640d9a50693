/** A new embedded database as a file, made once: unpacking it takes a fifth of the time that initdb takes. */
import { existsSync, openAsBlob, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';

/** In the package, beside what is compiled; another version of PGlite has another. */
export function templatePath(): string {
  const entry = import.meta.resolve('@electric-sql/pglite');
  const file = fileURLToPath(new URL('../package.json', entry));
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const folder = fileURLToPath(new URL('../../dist', import.meta.url));
  return join(folder, `database-template-${version}.tar.gz`);
}

/** Makes the template if it is not there. */
export async function makeTemplate(): Promise<void> {
  const path = templatePath();
  if (existsSync(path)) return;
  const lite = new PGlite();
  await lite.waitReady;
  const dump = await lite.dumpDataDir('gzip');
  await lite.close();
  await writeFileAtomically(path, Buffer.from(await dump.arrayBuffer()));
}

/** A new database in memory. */
export async function newInMemory(): Promise<PGlite> {
  const lite = new PGlite(await fromTemplate());
  await lite.waitReady;
  return lite;
}

/** Makes a new database's folder, whole or not at all: what a killed process left behind is made anew. */
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
