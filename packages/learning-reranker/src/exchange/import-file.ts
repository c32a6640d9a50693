/** Imports a file of another system into the feedback log. Importing it again adds nothing. */
import { z } from 'zod';
import { type Imported, type ImportOptions, importRows } from '../feedback/import-rows.js';
import { searchesOfGrades, searchesOfRun } from '../feedback/judged-lists.js';
import type { FeedbackStore } from '../feedback/store.js';
import { readQueries } from './beir.js';
import type { JudgedPair, JudgmentRow, RankedDocument } from './format.js';
import { type ImportFormat, importFormats } from './index.js';
import type { ReadOptions, ReadRow } from './lines.js';

export interface ImportRequest {
  /** A name of `importFormats()`. */
  readonly format: string;
  readonly path: string;
  /** The file with the texts of the queries, for formats that need it. */
  readonly queries?: string | undefined;
}

/** The request of an import: one variant for each format that is registered now. */
export function importRequest() {
  const path = z.string().min(1).describe('The file to import.');
  const queries = z
    .string({
      error:
        "expected the file with the queries' texts: rows of this format name queries by id only",
    })
    .min(1)
    .describe("The texts of the queries: BEIR's queries.jsonl, or lines of id, tab and text.");
  const variant = (format: ImportFormat) => {
    const name = z.literal(format.name).describe(format.description);
    return format.needsQueries
      ? z.strictObject({ format: name, path, queries })
      : z.strictObject({ format: name, path });
  };
  const [first, ...more] = importFormats().map(variant);
  if (!first) throw new RangeError('No import format is registered.');
  return z.discriminatedUnion('format', [first, ...more]).meta({ id: 'ImportRequest' });
}

/**
 * @throws {NothingImportedError} when no row can be read
 * @throws {JsonLinesError | FormatError} when the file cannot be read
 */
export async function importFile(
  store: FeedbackStore,
  { format: name, path, queries }: ImportRequest,
  options: ImportOptions = {},
): Promise<Imported> {
  const format = importFormats().find((one) => one.name === name);
  if (!format) throw new RangeError(`The import format '${name}' does not exist.`);
  const texts = queries === undefined ? new Map<string, string>() : await readQueries(queries);
  return importRows(
    store,
    (onMalformed) => {
      const read = { onMalformed };
      if (format.carries === 'feedback') return format.read(path, read);
      return format.carries === 'judgments'
        ? searchesOfGrades(withTexts(format.read(path, read), texts, read), onMalformed)
        : searchesOfRun(withTexts(format.read(path, read), texts, read), onMalformed);
    },
    options,
  );
}

/** Replaces the id of each query by its text. */
async function* withTexts<Row extends JudgedPair | JudgmentRow | RankedDocument>(
  rows: AsyncIterable<ReadRow<Row>>,
  texts: ReadonlyMap<string, string>,
  { onMalformed }: ReadOptions,
): AsyncGenerator<Row & { readonly line: number; readonly query: string }> {
  for await (const { line, value } of rows) {
    const query = 'query' in value ? value.query : texts.get(value.queryId);
    if (query !== undefined) yield { ...value, line, query };
    else onMalformed?.({ line, problem: 'the file of queries has no query with this id' });
  }
}
