/** MS MARCO's triples, separated by tabs: a query, a relevant document, a document that is not relevant. */
import { cleanText } from '../records/clean-text.js';
import { recordOfTexts, type TrainingRecord } from '../records/training-record.js';
import type { RecordFormat } from './format.js';
import {
  FormatError,
  type ReadOptions,
  type ReadRow,
  rowsOfLines,
  type TextPortions,
  textOfFile,
} from './lines.js';

export const msMarco: RecordFormat = {
  name: 'ms-marco',
  description: 'lines of query, positive and negative, separated by tabs',
  carries: 'records',
  read: (path, options) => readTriples(textOfFile(path), options),
  exports: [
    {
      name: 'triples',
      description: 'training records as lines of query, positive and negative (MS MARCO)',
      contentType: 'text/plain',
      of: 'records',
      write: async (source) => writeTriples(await source.records()),
    },
  ],
};

/** One line for each negative. Tabs and line breaks in the texts become spaces. */
export function* writeTriples(records: Iterable<TrainingRecord>): Generator<string> {
  for (const { query, positive, negatives } of records) {
    for (const { text } of negatives) {
      yield `${[query, positive.text, text].map(oneLine).join('\t')}\n`;
    }
  }
}

/**
 * One record for successive lines with the same query and positive.
 * @throws {FormatError} at the first malformed line, unless `onMalformed` is given
 */
export async function* readTriples(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<TrainingRecord>> {
  let open: ReadRow<TrainingRecord> | undefined;
  for await (const { line, value } of rowsOfLines(text, triple, options)) {
    const { query, positive, negatives } = value;
    if (open?.value.query !== query || open.value.positive.text !== positive.text) {
      if (open) yield open;
      open = { line, value };
    } else open.value.negatives.push(...negatives);
  }
  if (open) yield open;
}

function triple(row: string, line: number): TrainingRecord {
  const [query, positive, negative, ...more] = cleanText(row).split('\t');
  if (!query?.trim() || !positive?.trim() || !negative?.trim() || more.length > 0) {
    throw new FormatError(
      'expected three texts separated by tabs: query, positive, negative',
      line,
    );
  }
  return recordOfTexts('triples', [query, positive, negative]);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
