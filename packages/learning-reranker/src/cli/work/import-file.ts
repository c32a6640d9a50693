/** Has the service import what another system logged, judged or ranked. */
import { resolve } from 'node:path';
import type { Imported } from '../../feedback/index.js';
import type { CommandAction } from '../command.js';
import { UsageError } from '../failure.js';
import { noteMalformed } from './malformed.js';
import { runJob } from './run-job.js';

interface ImportOptions {
  readonly format: string;
  readonly queries?: string;
}

/** Formats that name queries by ids alone. */
const WITHOUT_WORDS = ['qrels', 'run'];

export const importFile: CommandAction<ImportOptions> = async (
  context,
  { format, queries },
  [path = context.settings.logPath ?? ''],
) => {
  if (path === '') throw new UsageError('name the file to import, or set AGRO_LOG_PATH');
  const needsQueries = WITHOUT_WORDS.includes(format);
  if (needsQueries && queries === undefined) {
    throw new UsageError(
      `${format} name queries by ids alone; --queries <file> says their words: BEIR's queries.jsonl, or lines of id, tab and text`,
    );
  }
  if (!needsQueries && queries !== undefined) {
    throw new UsageError(`--queries is for qrels and run; a file of ${format} says the words`);
  }
  const result = await runJob<Imported>(context, 'import', {
    format,
    path: resolve(path),
    ...(queries !== undefined && { queries: resolve(queries) }),
  });
  noteMalformed(context, result.malformed, result.malformed_count);
  context.print(
    `${result.searches} searches and ${result.feedback} votes and clicks were added; ` +
      `${result.duplicates} were there already, ${result.ignored} say nothing of a document, ${result.malformed_count} lines are malformed.\n` +
      'Next: reranker mine feedback',
  );
  return result;
};
