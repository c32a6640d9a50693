/** MS MARCO's triples as tab separated texts: query, a document that answers it, one that does not. */
import type { TrainingRecord } from '../../records/training-record.js';
import { FormatError } from './format-error.js';
import { linesOf, type TextPortions } from './lines.js';

/** One line for each negative; tabs and line breaks of the texts become spaces, as the format has it. */
export function* writeTriples(records: Iterable<TrainingRecord>): Generator<string> {
  for (const { query, positive, negatives } of records) {
    for (const { text } of negatives) {
      yield `${[query, positive.text, text].map(oneLine).join('\t')}\n`;
    }
  }
}

/** A record for each run of lines with the same query and positive. @throws {FormatError} */
export async function* readTriples(text: TextPortions): AsyncGenerator<TrainingRecord> {
  const place = { doc_path_rel: '', repo_slug: '' };
  let record: (TrainingRecord & { negatives: TrainingRecord['negatives'] }) | undefined;
  for await (const { line, text: row } of linesOf(text)) {
    const [query, positive, negative, ...more] = row.split('\t');
    if (!query?.trim() || !positive?.trim() || !negative?.trim() || more.length > 0) {
      throw new FormatError('expected three texts parted by tabs: query, positive, negative', line);
    }
    if (record?.query !== query || record.positive.text !== positive) {
      if (record) yield record;
      record = {
        schema_version: 2,
        query,
        positive: { text: positive, ...place },
        negatives: [],
        source: 'triples',
      };
    }
    record.negatives.push({ text: negative, ...place });
  }
  if (record) yield record;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
