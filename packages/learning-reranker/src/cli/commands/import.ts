/** `reranker import`: adds what another system logged, judged or ranked. */
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
    .argument('[file]', "the other system's file; AGRO_LOG_PATH when absent")
    .addOption(
      new Option('--format <format>', 'the format of the file')
        .choices(importFormats().map(({ name }) => name))
        .default('log', "JSON Lines of 'type': query | feedback"),
    )
    .option(
      '--queries <file>',
      `the texts of the queries, for ${formatsWithQueries().join(' and ')}: JSON Lines, or lines of id, tab and text`,
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
      `Files of ${format} name queries by their ids alone. Add --queries <file> with the texts: BEIR's queries.jsonl, or lines of id, tab and text.`,
    );
  }
  if (!isWithQueries && queries !== undefined) {
    throw new UsageError(
      `--queries is for ${withQueries.join(' and ')}. Files of ${format} hold the texts.`,
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
    `${result.searches} searches and ${result.feedback} votes and clicks were added. ` +
      `${result.duplicates} were known already, ${result.ignored} name no document, ${result.malformed_count} lines are malformed.\n` +
      'Next: reranker mine feedback',
  );
}
