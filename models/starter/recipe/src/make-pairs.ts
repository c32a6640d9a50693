/** Step 1: fetches the packages and makes pairs.jsonl and corpus.jsonl. `node dist/make-pairs.js <data folder>` */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { buildPairs } from './build-pairs.js';
import { fetchPackage, listPackages, unpackedFolders } from './packages.js';

const folder = process.argv[2];
if (folder === undefined)
  throw new Error('expected the data folder: node dist/make-pairs.js <data folder>');
await mkdir(folder, { recursive: true });
const packages = await listPackages(fileURLToPath(new URL('../packages.json', import.meta.url)));
for (const one of packages) await fetchPackage(one, folder);
const training = packages.filter(({ use }) => use === 'train');
await buildPairs(await Promise.all(training.map((one) => unpackedFolders(one, folder))), folder);
