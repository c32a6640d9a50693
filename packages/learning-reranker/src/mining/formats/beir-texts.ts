/** Texts by their ids: BEIR's corpus.jsonl and queries.jsonl, and queries as `id<TAB>text`, as MS MARCO has them. */
import { z } from 'zod';
import { cleanJson } from '../../records/clean-text.js';
import { FormatError } from './format-error.js';
import { type ReadOptions, type ReadRow, rowsOfLines, type TextPortions } from './lines.js';
import { textOfFile } from './text-file.js';

export interface BeirText {
  readonly id: string;
  readonly text: string;
}

const rowSchema = z.looseObject({
  _id: z.union([z.string(), z.number()]).transform(String),
  title: z.string().nullish(),
  text: z.string(),
});

export function* writeBeirTexts(
  texts: Iterable<BeirText>,
  kind: 'corpus' | 'queries',
): Generator<string> {
  for (const { id, text } of texts) {
    const row = { _id: id, ...(kind === 'corpus' && { title: '' }), text };
    yield `${JSON.stringify(cleanJson(row))}\n`;
  }
}

/** Titles are put before their texts. @throws {FormatError} at the first line that is none, unless told otherwise */
export function readBeirTexts(
  text: TextPortions,
  options?: ReadOptions,
): AsyncGenerator<ReadRow<BeirText>> {
  return rowsOfLines(text, beirText, options);
}

/** The texts of queries by their ids, of either form. @throws {FormatError} */
export async function readQueries(path: string): Promise<Map<string, string>> {
  const queries = new Map<string, string>();
  const parse = (row: string, line: number) =>
    row.trimStart().startsWith('{') ? beirText(row, line) : tabbedText(row, line);
  try {
    for await (const { value } of rowsOfLines(textOfFile(path), parse)) {
      queries.set(value.id, value.text);
    }
  } catch (error) {
    if (error instanceof FormatError && error.line !== undefined) {
      throw new FormatError(`${path}, ${error.message}`);
    }
    throw error;
  }
  return queries;
}

function beirText(row: string, line: number): BeirText {
  let value: unknown;
  try {
    value = cleanJson(JSON.parse(row));
  } catch {
    throw new FormatError('is not valid JSON', line);
  }
  const checked = rowSchema.safeParse(value);
  if (!checked.success) throw new FormatError('expected an object with _id and text', line);
  const { _id: id, title, text } = checked.data;
  return { id, text: title ? `${title}\n${text}` : text };
}

function tabbedText(row: string, line: number): BeirText {
  const [id, text, ...more] = row.split('\t');
  if (id?.trim() && text?.trim() && more.length === 0) return { id: id.trim(), text };
  throw new FormatError(
    'expected a JSON object with _id and text, or an id and a text parted by a tab',
    line,
  );
}
