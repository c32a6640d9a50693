/** The registry of sources that read files. */
import { recordFormats } from '../../exchange/index.js';
import { beir } from './beir.js';
import { code } from './code.js';
import { evaluation } from './evaluation-dataset.js';
import { recordFile } from './record-file.js';
import type { FileSource } from './source.js';
import { triplets } from './triplets.js';

/** A new source is one file and one line here. */
const sources: FileSource[] = [code, triplets, beir, evaluation];

/** All sources that read files. Each exchange format of training records is one. */
export function fileSources(): readonly FileSource[] {
  return [...sources, ...recordFormats().map(recordFile)];
}

/** The source with this name. @throws {RangeError} */
export function fileSource(name: string): FileSource {
  const source = fileSources().find(({ schema }) => schema.shape.source.value === name);
  if (!source) throw new RangeError(`There is no mining source '${name}'.`);
  return source;
}
