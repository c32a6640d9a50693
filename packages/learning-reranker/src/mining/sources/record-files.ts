/** Records that others made, with their texts: MS MARCO's triples, and SBERT's JSON Lines. */
import { FormatError, textOfFile } from '../../exchange/lines.js';
import { readTriples } from '../../exchange/ms-marco.js';
import { readSbert } from '../../exchange/sbert.js';
import type { MalformedLine } from '../../records/json-lines.js';
import type { CorpusDocument, TrainingRecord } from '../../records/training-record.js';
import { documentsOfRecords } from '../corpus.js';

/** Formats of files that hold a query, an answer and what is none. */
export const recordFormats = ['ms-marco', 'sbert'] as const;
export type RecordFormat = (typeof recordFormats)[number];

export interface RecordFileOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (records: number) => void;
}

/** What {@link mineRecordFile} gives. */
export interface MinedRecordFile {
  readonly records: readonly TrainingRecord[];
  /** Every document that the records name. */
  readonly corpus: readonly CorpusDocument[];
  readonly malformed: readonly MalformedLine[];
}

const readers = { 'ms-marco': readTriples, sbert: readSbert } as const;

/** All are in memory while they are stored, and a training never sees as many. */
const MOST_RECORDS = 1_000_000;
const TOLD_EVERY = 1000;
const PROBLEMS_NAMED = 3;

/** @throws {FormatError} when the file cannot be read, has no record, or more than can be held */
export async function mineRecordFile(
  path: string,
  format: RecordFormat,
  { signal, onProgress }: RecordFileOptions = {},
): Promise<MinedRecordFile> {
  const malformed: MalformedLine[] = [];
  const records: TrainingRecord[] = [];
  const onMalformed = (line: MalformedLine) => malformed.push(line);
  for await (const { value } of readers[format](textOfFile(path), { onMalformed })) {
    if (records.length === MOST_RECORDS) {
      throw new FormatError(
        `${path} holds more than ${MOST_RECORDS} records, which do not fit in memory. Take a part of it: head -n ${MOST_RECORDS} ${path}`,
      );
    }
    records.push(value);
    if (records.length % TOLD_EVERY === 0) {
      signal?.throwIfAborted();
      onProgress?.(records.length);
    }
  }
  if (records.length === 0) throw nothingIn(path, format, malformed);
  return { records, corpus: documentsOfRecords(records), malformed };
}

function nothingIn(path: string, format: RecordFormat, malformed: readonly MalformedLine[]) {
  const first = malformed.slice(0, PROBLEMS_NAMED);
  const told = first.map(({ line, problem }) => `line ${line}: ${problem}`).join('; ');
  const why = malformed.length === 0 ? '' : `, ${malformed.length} lines are malformed (${told})`;
  return new FormatError(`${path} holds no record of the format ${format}${why}.`);
}
