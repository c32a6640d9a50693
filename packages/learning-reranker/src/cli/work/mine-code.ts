/** Mines source code into training records. */
import { styleText } from 'node:util';
import { collectRecords } from '../../mining/negatives.js';
import { CODE_RECORDS, mineCode } from '../../mining/sources/code.js';
import type { TrainingRecord } from '../../records/training-record.js';
import type { CommandAction, CommandContext } from '../command.js';
import { Progress } from '../progress.js';
import { keepMined } from './keep-mined.js';

interface MineCodeOptions {
  readonly numNegatives?: number;
  readonly numRandomNegatives?: number;
  readonly seed?: number;
  readonly show?: number;
}

export const mineCodeFolders: CommandAction<MineCodeOptions> = async (
  context,
  options,
  folders,
) => {
  const mined = await mineFolders(context, folders, options);
  const { path, how } = await keepMined(context, 'code', mined);
  for (const record of mined.records.slice(0, options.show ?? 0)) context.print(explain(record));
  context.print(
    `${mined.records.length} training records (${how} ${path}), ` +
      `${mined.corpus.length} documents in the corpus.\nNext: reranker dataset show --loss ${context.settings.loss}`,
  );
  return {
    records: mined.records.length,
    corpus: mined.corpus.length,
    dropped: mined.drops,
    skipped: mined.skipped,
    path,
  };
};

/** Pairs of documentation and code, with negatives; shows how it goes. */
export async function mineFolders(
  { signal, note }: Pick<CommandContext, 'signal' | 'note'>,
  folders: readonly string[],
  options: MineCodeOptions & { readonly maximumFileBytes?: number } = {},
) {
  const { numNegatives, numRandomNegatives, seed, maximumFileBytes } = options;
  const reading = new Progress('mine');
  const mined = await mineCode(folders, {
    signal,
    ...(maximumFileBytes !== undefined && { maximumFileBytes }),
    onProgress: ({ filesDone, filesTotal, pairs }) =>
      reading.update({
        share: filesDone / filesTotal,
        text: `${filesDone}/${filesTotal} files, ${pairs} pairs`,
      }),
  });
  const dropped = Object.values(mined.drops).reduce((sum, count) => sum + count, 0);
  reading.done(
    `${mined.files} files, ${mined.pairs.length} pairs, ${dropped} comments that say too little`,
  );
  const searching = new Progress('negatives');
  const records = await collectRecords(mined.pairs, mined.corpus, {
    ...CODE_RECORDS,
    signal,
    onProgress: (done) =>
      searching.update({ share: done / mined.pairs.length, text: `${done} records` }),
    ...(numNegatives !== undefined && { numNegatives }),
    ...(numRandomNegatives !== undefined && { numRandomNegatives }),
    ...(seed !== undefined && { seed }),
  });
  searching.done(`${records.length} records`);
  if (records.length === 0) note('nothing was found: these folders have no documented code');
  return { ...mined, records };
}

/** A record with the reasons for each of its documents. */
function explain({ query, positive, negatives }: TrainingRecord): string {
  const line = (sign: string, text: string, reason = '') =>
    `  ${sign} ${text.replace(/\s+/g, ' ').slice(0, 90)}\n    ${styleText('dim', reason)}`;
  return [
    styleText('bold', query),
    line(styleText('green', '+'), positive.text, positive.reason),
    ...negatives.map(({ text, reason }) => line(styleText('red', '-'), text, reason)),
    '',
  ].join('\n');
}
