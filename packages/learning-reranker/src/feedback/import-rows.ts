/** Writes the rows of an import in batches and counts them. Rows that are imported twice count once. */

import { createHash } from 'node:crypto';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { MalformedLine } from '../records/json-lines.js';
import type { Feedback, FeedbackInput } from './schema.js';
import type { FeedbackStore, SentSearch } from './store.js';

/** The searches and feedback of one row or a group of rows. Both are empty for a row without a judgment. */
export interface ImportRows {
  readonly searches: readonly SentSearch[];
  readonly feedback: readonly Feedback[];
}

/** Reads a file. Malformed rows go to `onMalformed` and are skipped. */
export type RowReader = (
  onMalformed: (malformed: MalformedLine) => void,
) => AsyncIterable<ImportRows>;

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (written: { readonly searches: number; readonly feedback: number }) => void;
}

export interface Imported extends Record<string, unknown> {
  readonly searches: number;
  readonly feedback: number;
  /** Rows that are in the log already. */
  readonly duplicates: number;
  /** Rows without a judgment, such as impressions. */
  readonly ignored: number;
  /** The first 100 malformed lines. */
  readonly malformed: readonly MalformedLine[];
  readonly malformed_count: number;
}

/** No row of a file could be read. */
export class NothingImportedError extends TypedError {
  override readonly name = 'NothingImportedError';
  readonly kind = 'malformed';

  constructor(malformed: readonly MalformedLine[], count: number) {
    const first = malformed.slice(0, PROBLEMS_NAMED);
    const told = first.map(({ line, problem }) => `line ${line}: ${problem}`).join('; ');
    super(
      `Nothing was imported: no row is valid, and ${count} are malformed (${told}). ` +
        'Check that the file has this format.',
    );
  }
}

/** The most rows of a file in memory. They are written together. */
const BATCH = 500;
/** The most documents in a batch, because lists may be long. */
const DOCUMENTS_OF_A_BATCH = 20_000;
const MALFORMED_TOLD = 100;
const PROBLEMS_NAMED = 3;

/**
 * An import that fails keeps the rows it has written, and importing again adds the rest.
 * @throws {NothingImportedError}, and the errors of the reader when the file cannot be read
 */
export async function importRows(
  store: FeedbackStore,
  read: RowReader,
  { signal, onProgress }: ImportOptions,
): Promise<Imported> {
  const counts = { searches: 0, feedback: 0, duplicates: 0, ignored: 0, malformed_count: 0 };
  const malformed: MalformedLine[] = [];
  let searches: SentSearch[] = [];
  let feedback: Feedback[] = [];
  let documents = 0;
  const write = async () => {
    signal?.throwIfAborted();
    const [shown, said] = [
      await store.recordSearches(searches),
      await store.recordFeedback(feedback),
    ];
    counts.searches += shown.accepted;
    counts.feedback += said.accepted;
    counts.duplicates += shown.duplicates + said.duplicates;
    searches = [];
    feedback = [];
    documents = 0;
    onProgress?.(counts);
  };
  const rows = read((line) => {
    counts.malformed_count++;
    if (malformed.length < MALFORMED_TOLD) malformed.push(line);
  });
  for await (const row of rows) {
    searches.push(...row.searches);
    feedback.push(...row.feedback);
    documents += row.searches.reduce((sum, one) => sum + one.documents.length, 0);
    if (row.searches.length + row.feedback.length === 0) counts.ignored++;
    if (searches.length + feedback.length >= BATCH || documents >= DOCUMENTS_OF_A_BATCH) {
      await write();
    }
  }
  await write();
  const readRows = counts.searches + counts.feedback + counts.duplicates + counts.ignored;
  if (readRows === 0 && counts.malformed_count > 0) {
    throw new NothingImportedError(malformed, counts.malformed_count);
  }
  return { ...counts, malformed };
}

/** Gives a row without an id one made of its content, so that importing it twice counts once. */
export function withId(row: FeedbackInput): FeedbackInput {
  return { feedback_id: idOf(row), ...row };
}

/** The same id for the same content. */
export function idOf(content: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 32);
  return `import-${hash}`;
}
