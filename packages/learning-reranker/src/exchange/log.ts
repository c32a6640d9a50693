/** The older product's log: JSON Lines of searches and feedback in one file, joined on event_id. */

import { z } from 'zod';
import { feedbackKinds } from '../database/schema.js';
import { type ImportRows, withId } from '../feedback/import-rows.js';
import {
  type FeedbackInput,
  feedbackSchema,
  type SearchInput,
  searchSchema,
} from '../feedback/schema.js';
import { streamJsonLines } from '../records/json-lines.js';
import type { FeedbackFormat } from './format.js';

export const log: FeedbackFormat = {
  name: 'log',
  description: 'JSON Lines of the older product, with the type query or feedback',
  carries: 'feedback',
  async *read(path, { onMalformed }) {
    const options = { schema: logRowsSchema, onMalformed };
    for await (const { value } of streamJsonLines(path, options)) yield value;
  },
};

const hit = z.looseObject({
  doc_id: z.union([z.string(), z.number()]).transform(String),
  score: z.number().nullish(),
  text: z.string().nullish(),
  clicked: z.boolean().nullish(),
});

const queryRow = z.looseObject({
  type: z.literal('query'),
  event_id: z.string(),
  ts: z.union([z.string(), z.number()]).nullish(),
  query_raw: z.string().nullish(),
  query: z.string().nullish(),
  retrieval: z.array(hit).nullish(),
  ground_truth_refs: z.array(z.union([z.string(), z.number()]).transform(String)).nullish(),
  route: z.string().nullish(),
  client_ip: z.string().nullish(),
  user_agent: z.string().nullish(),
});

const feedbackFields = {
  doc_id: z.union([z.string(), z.number()]).transform(String).nullish(),
  note: z.string().nullish(),
};

/** The signal is in the row itself or in `feedback`. */
const feedbackRow = z
  .looseObject({
    type: z.literal('feedback'),
    event_id: z.string(),
    ts: z.union([z.string(), z.number()]).nullish(),
    feedback: z.looseObject({ signal: z.enum(feedbackKinds), ...feedbackFields }).nullish(),
    signal: z.enum(feedbackKinds).nullish(),
    ...feedbackFields,
  })
  .refine(({ feedback, signal }) => (feedback ?? signal) != null, {
    path: ['signal'],
    error: `expected one of ${feedbackKinds.join(', ')}`,
  });

const logRowSchema = z.discriminatedUnion('type', [queryRow, feedbackRow], {
  error: 'expected a row of type query or feedback',
});

/** A row of the log as the searches and feedback it holds. */
const logRowsSchema: z.ZodType<ImportRows> = logRowSchema
  .transform(ofLogRow)
  .transform(({ searches, feedback }) => ({ searches, feedback: feedback.map(withId) }))
  .pipe(
    z.object({
      searches: z.array(searchSchema.extend({ caller: z.string().optional() })),
      feedback: z.array(feedbackSchema),
    }),
  );

/**
 * Converts a row. The addresses and user agents of callers are not stored: they only help to detect bursts and
 * test traffic.
 */
function ofLogRow(row: z.output<typeof logRowSchema>): {
  searches: (SearchInput & { readonly caller?: string | undefined })[];
  feedback: FeedbackInput[];
} {
  const time = timeOf(row.ts);
  if (row.type === 'feedback') {
    const { signal, doc_id, note } = row.feedback ?? row;
    if (!signal) return { searches: [], feedback: [] };
    const about = { ...(doc_id && { document_id: doc_id }), ...(note && { note }) };
    return {
      searches: [],
      feedback: [{ event_id: row.event_id, kind: signal, ...about, ...time }],
    };
  }
  const hits = row.retrieval ?? [];
  const right = new Set(row.ground_truth_refs);
  const votesOn = (one: z.output<typeof hit>) => [
    ...(one.clicked ? (['click'] as const) : []),
    ...(right.has(one.doc_id) ? (['thumbsup'] as const) : []),
  ];
  return {
    searches: [
      {
        event_id: row.event_id,
        query: row.query_raw ?? row.query ?? '',
        documents: hits.map(({ doc_id: id, text, score }) => ({
          id,
          ...(text && { text }),
          ...(typeof score === 'number' && { score }),
        })),
        ...(isTest(row) && { test: true }),
        ...(row.client_ip && { caller: row.client_ip }),
        ...time,
      },
    ],
    feedback: hits.flatMap((one) =>
      votesOn(one).map((kind) => ({
        event_id: row.event_id,
        kind,
        document_id: one.doc_id,
        ...time,
      })),
    ),
  };
}

/** The older product logged its smoke tests and the searches of test browsers too. */
function isTest({ route, user_agent: agent }: z.output<typeof queryRow>): boolean {
  return /smoketest/i.test(route ?? '') || /playwright/i.test(agent ?? '');
}

/** Reads seconds since 1970 or a date as text. */
function timeOf(ts: string | number | null | undefined): { time?: string } {
  if (ts === null || ts === undefined) return {};
  const date = new Date(typeof ts === 'number' ? ts * 1000 : ts);
  return Number.isNaN(date.getTime()) ? {} : { time: date.toISOString() };
}
