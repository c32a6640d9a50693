/** Mines files of training records that other tools made: MS MARCO's triples, SBERT's JSON Lines. */
import { z } from 'zod';
import type { RecordFormat } from '../../exchange/format.js';
import { FormatError } from '../../exchange/lines.js';
import type { MalformedLine } from '../../records/json-lines.js';
import type { TrainingRecord } from '../../records/training-record.js';
import { documentsOfRecords } from '../corpus.js';
import {
  defineSource,
  type FileSource,
  type MiningTools,
  PROBLEMS_LISTED,
  pathSchema,
  storing,
} from './source.js';

/** The source that reads files of this format. */
export function recordFile(format: RecordFormat): FileSource {
  return defineSource({
    schema: z.strictObject({
      source: z.literal(format.name).describe(format.description),
      path: pathSchema,
      ...storing,
    }),
    paths: ({ path }) => ({ path }),
    async mine({ path }, tools) {
      const { malformed, ...data } = await mineRecordFile(path, format, tools);
      const problems = malformed.slice(0, PROBLEMS_LISTED);
      return { kind: 'triplets', data, report: { malformed: malformed.length, problems } };
    },
  });
}

/** All records are in memory while they are stored. */
const MOST_RECORDS = 1_000_000;
const PROGRESS_EVERY = 1000;
const PROBLEMS_NAMED = 3;

/** Records of a file, with every document they name. @throws {FormatError} when the file cannot be read, has no record, or too many records */
export async function mineRecordFile(
  path: string,
  format: RecordFormat,
  { signal, emit }: Partial<MiningTools> = {},
) {
  const malformed: MalformedLine[] = [];
  const records: TrainingRecord[] = [];
  const onMalformed = (line: MalformedLine) => malformed.push(line);
  for await (const { value } of format.read(path, { onMalformed })) {
    if (records.length === MOST_RECORDS) {
      throw new FormatError(
        `${path} has more than ${MOST_RECORDS} records, which do not fit in memory. Mine the first part of it: head -n ${MOST_RECORDS} ${path}`,
      );
    }
    records.push(value);
    if (records.length % PROGRESS_EVERY === 0) {
      signal?.throwIfAborted();
      emit?.({ message: `${records.length} records` });
    }
  }
  if (records.length === 0) throw nothingIn(path, format.name, malformed);
  return { records, corpus: documentsOfRecords(records), malformed };
}

function nothingIn(path: string, format: string, malformed: readonly MalformedLine[]) {
  const first = malformed.slice(0, PROBLEMS_NAMED);
  const lines = first.map(({ line, problem }) => `line ${line}: ${problem}`).join('; ');
  const why = malformed.length === 0 ? '' : `, ${malformed.length} lines are malformed (${lines})`;
  return new FormatError(`${path} contains no record of the format ${format}${why}.`);
}
