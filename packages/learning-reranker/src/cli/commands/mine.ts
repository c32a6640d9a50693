/** `reranker mine`: one subcommand for each source of training records. */
import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { FilesRequest } from '../../mining/mine-files.js';
import { fileSources } from '../../mining/sources/index.js';
import type { FileSource } from '../../mining/sources/source.js';
import { minedFiles } from '../../mining/store.js';
import { feedbackSchema } from '../../operations/mine.js';
import { fieldsOf, type RequestField } from '../../operations/request-fields.js';
import type { MalformedLine } from '../../records/json-lines.js';
import type { TrainingRecord } from '../../records/training-record.js';
import type { CommandContext } from '../command.js';
import { noteMalformed } from '../malformed.js';
import { oneLine } from '../one-line.js';
import { runsOperation } from '../run-operation.js';
import { addOptions, requestFrom } from '../schema-options.js';
import { mineFeedback } from './mine-feedback.js';

export function mine(command: Command): void {
  command.addHelpText(
    'after',
    `
Examples:
  $ reranker mine code ./src ./lib            documentation comment -> the code it documents
  $ reranker mine triplets old-triplets.jsonl triplets of version 1 or 2
  $ reranker mine ms-marco triples.tsv        query, relevant document, other document
  $ reranker mine sbert train.jsonl           rows for SBERT's losses
  $ reranker mine beir ./scifact              a corpus with queries and judgments
  $ reranker mine evaluation questions.json --corpus .
  $ reranker mine feedback                    clicks and ratings`,
  );
  for (const source of fileSources()) addSource(command, source);
  mineFeedback(command.command('feedback'), optionFields(feedbackSchema));
}

/** These fields are settings, with options and environment variables of their own. */
const SETTINGS = ['source', 'mode', 'reset'];

function optionFields(schema: z.ZodType): RequestField[] {
  return fieldsOf(schema).filter(({ name }) => !SETTINGS.includes(name));
}

/** A subcommand from a source's schema: its first field is the argument, the others are options. */
function addSource(mine: Command, source: FileSource): void {
  const { value: name, description = '' } = source.schema.shape.source;
  const [first, ...fields] = optionFields(source.schema);
  if (!first)
    throw new Error(`The schema of the mining source '${name}' has no field for its files.`);
  const argument = first.type === 'array' ? `${first.name}...` : first.name;
  const command = mine
    .command(name)
    .argument(first.required ? `<${argument}>` : `[${argument}]`, first.description)
    .description(description)
    .option('--mine-mode <mode>', 'append to the mined records, or replace them');
  addOptions(command, fields);
  command.addHelpText('after', `\nExample:\n  $ reranker mine ${name} <${first.name}>`).action(
    runsOperation<Readonly<Record<string, unknown>>, MinedFilesReport>('mine', {
      request: (options, args) => {
        const given = first.type === 'array' ? args : args[0];
        return withFullPaths(source, {
          source: name,
          ...(given !== undefined && { [first.name]: given }),
          ...defaultFolders(fields),
          ...requestFrom(fields, options),
        });
      },
      show: showMined,
    }),
  );
}

/** Required folders besides the argument: the current folder, unless an option names others. */
function defaultFolders(fields: readonly RequestField[]): Record<string, unknown> {
  const folders = fields.filter(({ required, type }) => required && type === 'array');
  return Object.fromEntries(folders.map(({ name }) => [name, ['.']]));
}

function withFullPaths(source: FileSource, request: { readonly source: string }): object {
  const paths = Object.entries(source.paths(request as FilesRequest)).flatMap(([field, path]) => {
    if (path === undefined) return [];
    return [[field, typeof path === 'string' ? resolve(path) : path.map((one) => resolve(one))]];
  });
  return { ...request, ...Object.fromEntries(paths) };
}

/** The counts that every source reports, and those that only some report. */
interface MinedFilesReport {
  readonly source: string;
  readonly records: number;
  readonly corpus: number;
  readonly samples: number;
  readonly malformed?: number;
  readonly problems?: readonly MalformedLine[];
  readonly examples?: readonly TrainingRecord[];
  readonly [count: string]: unknown;
}

function showMined(report: MinedFilesReport, context: CommandContext): object {
  const { settings, print, note } = context;
  const { source: _source, problems, examples = [], ...counts } = report;
  const { records, corpus, samples, malformed, ...others } = counts;
  const path = minedFiles(settings.dataDir, settings.tripletsPath).records;
  for (const example of examples) print(explain(example));
  const how = settings.mineMode === 'append' ? 'added to' : 'written to';
  const evaluated = samples > 0 ? `${samples} evaluation samples, ` : '';
  print(
    `${evaluated}${records} training records, ${corpus} documents in the corpus (${how} ${path})`,
  );
  for (const [what, count] of Object.entries(others).flatMap(countsIn)) {
    print(`  ${words(what)}: ${count}`);
  }
  if (malformed !== undefined) print(`  malformed: ${malformed}`);
  noteMalformed(context, problems ?? [], malformed ?? 0);
  if (records + samples === 0) note('No training records were found.');
  print('Next: reranker dataset show');
  return { ...counts, ...(problems && { malformed: problems }), path };
}

/** Counts above zero, also those in groups, such as dropped comments by reason. */
function countsIn([name, value]: [string, unknown]): [string, number][] {
  if (typeof value === 'number') return value > 0 ? [[name, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  const inGroup = Object.entries(value).flatMap(countsIn);
  return inGroup.map(([reason, count]) => [
    name === 'counts' ? reason : `${name}, ${reason}`,
    count,
  ]);
}

/** `idsMadeRelative` -> `ids made relative`. */
function words(name: string): string {
  return name.replaceAll('_', ' ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A record with the reason for each document. */
function explain({ query, positive, negatives }: TrainingRecord): string {
  const line = (sign: string, text: string, reason = '') =>
    `  ${sign} ${oneLine(text, 90)}\n    ${styleText('dim', reason)}`;
  return [
    styleText('bold', query),
    line(styleText('green', '+'), positive.text, positive.reason),
    ...negatives.map(({ text, reason }) => line(styleText('red', '-'), text, reason)),
    '',
  ].join('\n');
}
