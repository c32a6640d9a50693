/** Imports records and collections that others made. */
import { resolve } from 'node:path';
import type { RecordFormat } from '../../exchange/format.js';
import { msMarco } from '../../exchange/ms-marco.js';
import { sbert } from '../../exchange/sbert.js';
import { mineBeir } from '../../mining/sources/beir.js';
import { mineRecordFile } from '../../mining/sources/record-file.js';
import type { CommandAction } from '../command.js';
import { noteMalformed } from '../malformed.js';
import { Progress } from '../progress.js';
import { keepMined } from './keep-mined.js';

export const mineMsMarco = fileOf(msMarco);
export const mineSbert = fileOf(sbert);

function fileOf(format: RecordFormat): CommandAction<object> {
  return async (context, _options, [file = '']) => {
    const { signal } = context;
    const { records, corpus, malformed } = await mineRecordFile(file, format, { signal });
    const { path, how } = await keepMined(context, 'triplets', { records, corpus });
    noteMalformed(context, malformed);
    context.print(
      `${records.length} training records ${how} ${path}, ${corpus.length} documents in the corpus, ` +
        `${malformed.length} malformed lines.\nNext: reranker dataset show`,
    );
    return { records: records.length, corpus: corpus.length, malformed, path };
  };
}

export const mineBeirFolder: CommandAction<object> = async (context, _options, [folder = '']) => {
  const progress = new Progress('negatives');
  const { records, corpus, samples, without_text } = await mineBeir(resolve(folder), {
    signal: context.signal,
    onProgress: ({ done, total }) =>
      progress.update({ share: done / total, text: `${done} of ${total} records` }),
  });
  progress.done(`${records.length} records`);
  await keepMined(context, 'evaluation', { records, corpus, samples });
  context.print(
    `${samples.length} evaluation samples, ${records.length} training records, ${corpus.length} documents.\n` +
      `${without_text} judgments are of queries or documents without a text.\n` +
      'Next: reranker dataset build, then reranker evaluate --model live --against starter',
  );
  return {
    samples: samples.length,
    records: records.length,
    corpus: corpus.length,
    without_text,
  };
};
