/** Imports a file of what another system logged; done twice it counts once. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type MalformedLine, readJsonLines } from '../../records/json-lines.js';
import {
  type Feedback,
  type FeedbackInput,
  feedbackSchema,
  type Search,
  type SearchInput,
  searchSchema,
} from '../schema.js';
import type { FeedbackStore } from '../store.js';
import { logRowSchema, ofLogRow } from './log-rows.js';
import { feedbackOfUbi, searchOfUbi, ubiEventSchema, ubiQuerySchema } from './ubi.js';

export interface ImportOptions {
  readonly format: 'log' | 'ubi';
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (share: number) => void;
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

const BATCH = 500;

export async function importLog(
  store: FeedbackStore,
  path: string,
  { format, signal, onProgress }: ImportOptions,
): Promise<Imported> {
  const { values, malformed } = await readJsonLines<{ rows: Rows }>(path, {
    schema: rowSchemas[format],
  });
  const problems = [...malformed];
  const searches: Search[] = [];
  const feedback: Feedback[] = [];
  let ignored = 0;
  for (const { rows } of values) {
    const before = searches.length + feedback.length + problems.length;
    collect(searchSchema, rows.searches, searches, problems);
    collect(feedbackSchema, rows.feedback.map(withId), feedback, problems);
    if (searches.length + feedback.length + problems.length === before) ignored++;
  }
  const counts = { searches: 0, feedback: 0, duplicates: 0 };
  const all = searches.length + feedback.length;
  let done = 0;
  for (const [kind, rows] of [
    ['searches', searches],
    ['feedback', feedback],
  ] as const) {
    for (let from = 0; from < rows.length; from += BATCH) {
      signal?.throwIfAborted();
      const part = rows.slice(from, from + BATCH);
      const { accepted, duplicates } =
        kind === 'searches'
          ? await store.recordSearches(part as Search[])
          : await store.recordFeedback(part as Feedback[]);
      counts[kind] += accepted;
      counts.duplicates += duplicates;
      done += part.length;
      onProgress?.(done / all);
    }
  }
  return {
    ...counts,
    ignored,
    malformed: problems.slice(0, 100),
    malformed_count: problems.length,
  };
}

interface Rows {
  readonly searches: readonly SearchInput[];
  readonly feedback: readonly FeedbackInput[];
}

const rowSchemas: Readonly<Record<ImportOptions['format'], z.ZodType<{ rows: Rows }>>> = {
  log: logRowSchema.transform((row) => ({ rows: ofLogRow(row) })),
  // Events first: they may carry the query's words too.
  ubi: z.union([
    ubiEventSchema.transform((event) => {
      const one = feedbackOfUbi(event);
      return { rows: { searches: [], feedback: one ? [one] : [] } };
    }),
    ubiQuerySchema.transform((query) => ({
      rows: { searches: [searchOfUbi(query)], feedback: [] },
    })),
  ]),
};

/** Rows without an id of their own get one of their content: the same file twice counts once. */
function withId(row: FeedbackInput): FeedbackInput {
  const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 32);
  return { feedback_id: `import-${hash}`, ...row };
}

function collect<Row>(
  schema: z.ZodType<Row>,
  inputs: readonly unknown[],
  rows: Row[],
  problems: MalformedLine[],
): void {
  for (const input of inputs) {
    const parsed = schema.safeParse(input);
    if (parsed.success) rows.push(parsed.data);
    else {
      const [issue] = parsed.error.issues;
      problems.push({ line: 0, problem: `${issue?.path.join('.')}: ${issue?.message}` });
    }
  }
}
