/** MS MARCO's triples as tab separated texts: query, a document that answers it, one that does not. */
import { cleanText } from '../../records/clean-text.js';
import type { TrainingRecord } from '../../records/training-record.js';
import { FormatError } from './format-error.js';
import { type ReadOptions, type ReadRow, rowsOfLines, type TextPortions } from './lines.js';

/** One line for each negative; tabs and line breaks of the texts become spaces, as the format has it. */
export function* writeTriples(records: Iterable<TrainingRecord>): Generator<string> {
  for (const { query, positive, negatives } of records) {
    for (const { text } of negatives) {
      yield `${[query, positive.text, text].map(oneLine).join('\t')}\n`;
    }
  }
}

/** A record for each run of lines with the same query and positive. @throws {FormatError} unless told otherwise */
export async function* readTriples(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<TrainingRecord>> {
  const place = { doc_path_rel: '', repo_slug: '' };
  let open: { readonly line: number; readonly value: TrainingRecord } | undefined;
  for await (const { line, value } of rowsOfLines(text, triple, options)) {
    const [query, positive, negative] = value;
    if (open?.value.query !== query || open.value.positive.text !== positive) {
      if (open) yield open;
      const record: TrainingRecord = {
        schema_version: 2,
        query,
        positive: { text: positive, ...place },
        negatives: [],
        source: 'triples',
      };
      open = { line, value: record };
    }
    open.value.negatives.push({ text: negative, ...place });
  }
  if (open) yield open;
}

function triple(row: string, line: number): readonly [string, string, string] {
  const [query, positive, negative, ...more] = cleanText(row).split('\t');
  if (!query?.trim() || !positive?.trim() || !negative?.trim() || more.length > 0) {
    throw new FormatError('expected three texts parted by tabs: query, positive, negative', line);
  }
  return [query, positive, negative];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
