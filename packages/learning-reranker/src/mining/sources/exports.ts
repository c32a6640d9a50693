/** The log, what it is held to mean and what was mined, in the formats of other tools. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/index.js';
import type { Judged, JudgeOptions, ReadLogOptions } from '../../judgments/index.js';
import {
  type ExportFormat,
  type SbertShape,
  writeBeirTexts,
  writeJudgmentCsv,
  writeQrels,
  writeRun,
  writeSbert,
  writeTriples,
} from '../formats/index.js';
import { type MinedFiles, readMined } from '../store.js';
import { corpusOf, judgeLog } from './feedback.js';
import { queryIdOf } from './query-ids.js';
import { lastShown } from './shown-lists.js';

export type ExportOptions = ReadLogOptions & JudgeOptions;
type Portions = Iterable<string> | AsyncIterable<string>;

/** The file's text in portions. Of the log in the window that the options name, or of all records mined. */
export async function exported(
  format: ExportFormat,
  { db, files }: { readonly db: Kysely<Database>; readonly files: MinedFiles },
  options: ExportOptions = {},
): Promise<Portions> {
  switch (format) {
    case 'qrels':
    case 'csv':
      return judgmentsAs(format, db, options);
    case 'run':
      return runOf(db, options);
    case 'queries':
    case 'corpus':
      return textsAs(format, db, options);
    case 'triples':
      return writeTriples((await readMined(files)).records);
    default:
      return writeSbert((await readMined(files)).records, shapes[format]);
  }
}

const shapes = {
  'sbert-pairs': 'labelled-pairs',
  'sbert-tuples': 'tuples',
  'sbert-scored-tuples': 'scored-tuples',
} as const satisfies Partial<Record<ExportFormat, SbertShape>>;

async function judgmentsAs(
  format: 'qrels' | 'csv',
  db: Kysely<Database>,
  options: ExportOptions,
): Promise<Portions> {
  const { judged, texts } = await judgeLog(db, options);
  const known = knownJudgments(judged, texts);
  return format === 'qrels' ? writeQrels(known) : writeJudgmentCsv(known);
}

function* knownJudgments({ queries }: Judged, texts: ReadonlyMap<string, string>) {
  for (const { query: hash, judgments } of queries) {
    const query = texts.get(hash);
    if (query === undefined) continue;
    for (const { label, documentId, grade, reason } of judgments) {
      if (label !== 'unsure') {
        yield { queryId: queryIdOf(hash), query, documentId, grade, reason };
      }
    }
  }
}

async function* runOf(db: Kysely<Database>, options: ExportOptions): AsyncGenerator<string> {
  for await (const document of lastShown(db, options)) yield* writeRun([document]);
}

async function textsAs(
  format: 'queries' | 'corpus',
  db: Kysely<Database>,
  options: ExportOptions,
): Promise<Portions> {
  const { log, texts } = await judgeLog(db, options);
  if (format === 'corpus') return writeBeirTexts(corpusOf(log, texts), format);
  const queries = [...log.queries.keys()].flatMap((hash) => {
    const text = texts.get(hash);
    return text === undefined ? [] : [{ id: queryIdOf(hash), text }];
  });
  return writeBeirTexts(queries, format);
}
