/** Imports triplets of version 1 or 2. */
import { importTriplets } from '../../mining/sources/triplets.js';
import { minedFiles, storeMined } from '../../mining/store.js';
import type { CommandAction } from '../command.js';

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
  const { settings } = context;
  const { records, counts, malformed } = await importTriplets(file, {
    ...(root !== undefined && { root }),
    ...(repo !== undefined && { repoSlug: repo }),
    ...(strict !== undefined && { strict }),
  });
  const files = minedFiles(settings.dataDir, settings.tripletsPath);
  const mode = settings.mineReset ? 'replace' : settings.mineMode;
  await storeMined(files, { records }, mode);
  for (const { line, problem } of malformed.slice(0, 10)) context.note(`line ${line}: ${problem}`);
  if (malformed.length > 10) context.note(`… and ${malformed.length - 10} malformed lines more`);
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  context.print(
    [
      `${records.length} training records ${mode === 'append' ? 'added to' : 'written to'} ${files.records}`,
      ...told.map(([what, count]) => `  ${words(what)}: ${count}`),
      `  malformed lines: ${malformed.length}`,
    ].join('\n'),
  );
  return { records: records.length, counts, malformed, path: files.records, mode };
};

/** `idsMadeRelative` -> `ids made relative`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
