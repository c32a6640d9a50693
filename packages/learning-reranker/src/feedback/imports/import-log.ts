/** Imports a file of what another system logged; done twice it counts once. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type MalformedLine, streamJsonLines } from '../../records/json-lines.js';
import {
  type Feedback,
  type FeedbackInput,
  feedbackSchema,
  type Search,
  searchSchema,
} from '../schema.js';
import type { FeedbackStore } from '../store.js';
import { logRowSchema, ofLogRow } from './log-rows.js';
import { feedbackOfUbi, searchOfUbi, ubiEventSchema, ubiQuerySchema } from './ubi.js';

export interface ImportOptions {
  readonly format: 'log' | 'ubi';
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (written: { readonly searches: number; readonly feedback: number }) => void;
}

export interface Imported extends Record<string, unknown> {
  readonly searches: number;
  readonly feedback: number;
  /** Rows that were there already. */
  readonly duplicates: number;
  /** Rows that judge nothing, such as impressions. */
  readonly ignored: number;
  /** By number, with the problem; the first hundred. */
  readonly malformed: readonly MalformedLine[];
  readonly malformed_count: number;
}

/** Rows written together; no more of a file is in memory. */
const BATCH = 500;
const MALFORMED_TOLD = 100;

/** @throws {JsonLinesError} when the file cannot be read; what was written by then stays, and counts once */
export async function importLog(
  store: FeedbackStore,
  path: string,
  { format, signal, onProgress }: ImportOptions,
): Promise<Imported> {
  const counts = { searches: 0, feedback: 0, duplicates: 0, ignored: 0, malformed_count: 0 };
  const malformed: MalformedLine[] = [];
  const onMalformed = (line: MalformedLine) => {
    counts.malformed_count++;
    if (malformed.length < MALFORMED_TOLD) malformed.push(line);
  };
  let searches: Search[] = [];
  let feedback: Feedback[] = [];
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
    onProgress?.(counts);
  };
  const schema = rowSchemas[format];
  for await (const { value } of streamJsonLines(path, { schema, onMalformed })) {
    searches.push(...value.searches);
    feedback.push(...value.feedback);
    if (value.searches.length + value.feedback.length === 0) counts.ignored++;
    if (searches.length + feedback.length >= BATCH) await write();
  }
  await write();
  return { ...counts, malformed };
}

interface Rows {
  readonly searches: readonly Search[];
  readonly feedback: readonly Feedback[];
}

const checkedRows = z.object({
  searches: z.array(searchSchema),
  feedback: z.array(feedbackSchema),
});

type RowInputs = z.input<typeof checkedRows>;

const rowSchemas: Readonly<Record<ImportOptions['format'], z.ZodType<Rows>>> = {
  log: logRowSchema
    .transform(ofLogRow)
    .transform(({ searches, feedback }) => ({ searches, feedback: feedback.map(withId) }))
    .pipe(checkedRows),
  // Events first: they may carry the query's words too.
  ubi: z
    .union([
      ubiEventSchema.transform((event): RowInputs => {
        const one = feedbackOfUbi(event);
        return { searches: [], feedback: one ? [withId(one)] : [] };
      }),
      ubiQuerySchema.transform(
        (query): RowInputs => ({ searches: [searchOfUbi(query)], feedback: [] }),
      ),
    ])
    .pipe(checkedRows),
};

/** Rows without an id of their own get one of their content: the same file twice counts once. */
function withId(row: FeedbackInput): FeedbackInput {
  const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32);
  return { feedback_id: `import-${hash}`, ...row };
}
