/** `reranker import`: imports the searches, clicks, judgments or rankings of another system. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { importFormats } from '../../exchange/index.js';
import type { Imported } from '../../feedback/import-rows.js';
import type { CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { noteMalformed } from '../malformed.js';
import { runsOperation } from '../run-operation.js';

interface ImportOptions {
  readonly format: string;
  readonly queries?: string;
}

export function importFile(command: Command): void {
  command
    .argument('[file]', 'the file of the other system; the default is the setting AGRO_LOG_PATH')
    .addOption(
      new Option('--format <format>', 'the format of the file')
        .choices(importFormats().map(({ name }) => name))
        .default('log', 'log: JSON Lines with the type query or feedback'),
    )
    .option(
      '--queries <file>',
      `the texts of the queries, for ${formatsWithQueries().join(' and ')}: JSON Lines, or lines with id, tab and text`,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ reranker import queries.jsonl
  $ reranker import ubi.jsonl --format ubi
  $ reranker import judgments.csv --format judgment-csv
  $ reranker import qrels.txt --format qrels --queries queries.jsonl`,
    )
    .action(
      runsOperation<ImportOptions, Imported>('import', { request: requestOf, show: showImported }),
    );
}

/** Formats that name queries by their ids alone. */
function formatsWithQueries(): string[] {
  return importFormats()
    .filter((format) => format.needsQueries)
    .map(({ name }) => name);
}

function requestOf(
  { format, queries }: ImportOptions,
  [file]: readonly string[],
  { settings }: CommandContext,
): object {
  const path = file ?? settings.logPath ?? '';
  if (path === '') throw new UsageError('Name the file to import, or set AGRO_LOG_PATH.');
  const withQueries = formatsWithQueries();
  const isWithQueries = withQueries.includes(format);
  if (isWithQueries && queries === undefined) {
    throw new UsageError(
      `Files in the format ${format} contain only the ids of queries. Add --queries <file> with their texts: BEIR's queries.jsonl, or lines with id, tab and text.`,
    );
  }
  if (!isWithQueries && queries !== undefined) {
    throw new UsageError(
      `--queries is for ${withQueries.join(' and ')}. Files in the format ${format} contain the texts.`,
    );
  }
  return {
    format,
    path: resolve(path),
    ...(queries !== undefined && { queries: resolve(queries) }),
  };
}

function showImported(result: Imported, context: CommandContext): void {
  noteMalformed(context, result.malformed, result.malformed_count);
  context.print(
    `Added ${result.searches} searches and ${result.feedback} clicks and ratings. ` +
      `Skipped ${result.duplicates} duplicates, ${result.ignored} without a document and ${result.malformed_count} malformed lines.\n` +
      'Next: reranker mine feedback',
  );
}
