/** Imports triplets of version 1 or 2. */

import { importTriplets } from '../../exchange/triplets.js';
import { documentsOfRecords } from '../../mining/corpus.js';
import type { CommandAction } from '../command.js';
import { keepMined } from './keep-mined.js';

interface MineTripletsOptions {
  readonly root?: string;
  readonly repo?: string;
  readonly strict?: boolean;
}

export const mineTripletFile: CommandAction<MineTripletsOptions> = async (
  context,
  { root, repo, strict },
  [file = ''],
) => {
  const { records, counts, malformed } = await importTriplets(file, {
    ...(root !== undefined && { root }),
    ...(repo !== undefined && { repoSlug: repo }),
    ...(strict !== undefined && { strict }),
  });
  const corpus = documentsOfRecords(records);
  const { path, how } = await keepMined(context, 'triplets', { records, corpus });
  for (const { line, problem } of malformed.slice(0, 10)) context.note(`line ${line}: ${problem}`);
  if (malformed.length > 10) context.note(`… and ${malformed.length - 10} malformed lines more`);
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  context.print(
    [
      `${records.length} training records ${how} ${path}, ${corpus.length} documents in the corpus`,
      ...told.map(([what, count]) => `  ${words(what)}: ${count}`),
      `  malformed lines: ${malformed.length}`,
    ].join('\n'),
  );
  return { records: records.length, corpus: corpus.length, counts, malformed, path };
};

/** `idsMadeRelative` -> `ids made relative`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
