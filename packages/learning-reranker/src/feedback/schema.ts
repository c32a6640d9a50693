/** The schemas of searches, with all their results, and of feedback. */
import { z } from 'zod';
import { feedbackKinds } from '../database/schema.js';
import { cleanText, cutText } from '../records/clean-text.js';

/** UTF-16 code units of a document that are stored. Models read less. */
const LONGEST_DOCUMENT = 20_000;
const LONGEST_QUERY = 10_000;
const NO_QUERY = 'expected a query that is not blank';
const MOST_SHOWN = 1000;
const MOST_IN_A_BATCH = 10_000;

/** Ids come from outside. They are keys of rows, never paths. */
export const idSchema = z
  .string()
  .regex(/^[\w.:@/#+=-]{1,200}$/, 'expected 1 to 200 letters, digits and . : @ / # + = _ -');
/** Any short text of the application. */
const documentId = z
  .string()
  .min(1)
  .max(500)
  .transform((text) => cleanText(text))
  .refine((kept) => kept !== '', 'expected an id that is not empty');
const text = (longest: number) =>
  z
    .string()
    .max(1_000_000)
    .transform((value) => cutText(cleanText(value), longest));
const time = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .refine((date) => date.getTime() < Date.now() + 24 * 3600 * 1000, 'is in the future')
  .refine((date) => date.getTime() > Date.UTC(1990), 'is before 1990');

const name = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform((value) => cleanText(value));

const keptQuery = (sent: string) => cutText(cleanText(sent), LONGEST_QUERY);

/** A query of any request. One without any text to store could not be joined with its feedback. */
export const querySchema = z
  .string()
  .min(1, NO_QUERY)
  .max(2_000_000)
  .refine((sent) => keptQuery(sent).trim() !== '', NO_QUERY);

const shownSchema = z.strictObject({
  id: documentId.optional(),
  index: z
    .int()
    .min(0)
    .optional()
    .describe('Your number for a document without an id. Its text identifies it.'),
  text: text(LONGEST_DOCUMENT).optional(),
  reference: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal')
    .optional()
    .describe('The SHA-256 of a text that you sent before, instead of the text.'),
  score: z.number().optional(),
  position: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('The rank, from 1. The default is the position in this array.'),
});

export const searchSchema = z
  .strictObject({
    event_id: idSchema
      .optional()
      .describe('The default is a generated id. If you send the same id twice, it counts once.'),
    query: querySchema.transform(keptQuery),
    documents: z
      .array(
        shownSchema.refine(({ id, index }) => id !== undefined || index !== undefined, {
          path: ['id'],
          error: 'expected an id, or the index that clicks refer to',
        }),
      )
      .max(MOST_SHOWN)
      .describe('All results, in the order that the user saw.'),
    time: time.optional(),
    client_id: idSchema.optional().describe('A pseudonym of the person or session that searches.'),
    user_id: idSchema.optional().describe("The user's id, by which their data can be erased."),
    application: name(100).optional(),
    model: name(200).optional(),
    loss: name(100).optional(),
    run_id: name(200).optional(),
    test: z.boolean().optional().describe('Test traffic is logged, but never used for training.'),
  })
  .meta({ id: 'Search' });

/** Refuses two values for one field under its older and its current name. */
function agreeing<Older extends string, Name extends string>(older: Older, name: Name) {
  return [
    (one: { readonly [Field in Older | Name]?: unknown }) =>
      one[older] === undefined || one[name] === undefined || one[older] === one[name],
    {
      path: [older] as PropertyKey[],
      error: `is the older name of ${name} and has another value: send only one of them`,
    },
  ] as const;
}

export const feedbackSchema = z
  .strictObject({
    feedback_id: idSchema
      .optional()
      .describe('The default is a generated id. If you send the same id twice, it counts once.'),
    event_id: idSchema.describe('The event id of the search.'),
    kind: z.enum(feedbackKinds).optional(),
    signal: z.enum(feedbackKinds).optional().describe('The older name of `kind`.'),
    document_id: documentId.optional(),
    doc_id: documentId.optional().describe('The older name of `document_id`.'),
    note: text(LONGEST_QUERY).optional(),
    time: time.optional(),
    client_id: idSchema.optional(),
    user_id: idSchema.optional(),
  })
  .refine(({ kind, signal }) => (kind ?? signal) !== undefined, {
    path: ['kind'],
    error: `expected one of ${feedbackKinds.join(', ')}`,
  })
  .refine(...agreeing('signal', 'kind'))
  .refine(...agreeing('doc_id', 'document_id'))
  .refine((one) => (one.kind ?? one.signal) !== 'note' || one.note !== undefined, {
    path: ['note'],
    error: 'expected the text of the note',
  })
  .refine(
    (one) => (one.kind ?? one.signal) !== 'click' || (one.document_id ?? one.doc_id) !== undefined,
    { path: ['document_id'], error: 'expected the id of the clicked document' },
  )
  .meta({ id: 'Feedback' });

/** A click, without its kind. */
export const clickSchema = z
  .strictObject(feedbackSchema.shape)
  .omit({ kind: true, signal: true, note: true })
  .refine(...agreeing('doc_id', 'document_id'))
  .refine(({ document_id, doc_id }) => (document_id ?? doc_id) !== undefined, {
    path: ['document_id'],
    error: 'expected the id of the clicked document',
  })
  .meta({ id: 'Click' });

export type Search = z.output<typeof searchSchema>;
export type Feedback = z.output<typeof feedbackSchema>;
export type SearchInput = z.input<typeof searchSchema>;
export type FeedbackInput = z.input<typeof feedbackSchema>;

/** One search, an array, or an object with an array. */
export const searchesSchema = z.union([
  searchSchema,
  z.array(searchSchema).min(1).max(MOST_IN_A_BATCH),
  z.strictObject({ events: z.array(searchSchema).min(1).max(MOST_IN_A_BATCH) }),
]);
export const feedbacksSchema = z.union([
  feedbackSchema,
  z.array(feedbackSchema).min(1).max(MOST_IN_A_BATCH),
  z.strictObject({ feedback: z.array(feedbackSchema).min(1).max(MOST_IN_A_BATCH) }),
]);

export function searchesOf(body: z.output<typeof searchesSchema>): readonly Search[] {
  if (Array.isArray(body)) return body;
  return 'events' in body ? body.events : [body];
}

export function feedbackOf(body: z.output<typeof feedbacksSchema>): readonly Feedback[] {
  if (Array.isArray(body)) return body;
  return 'feedback' in body ? body.feedback : [body];
}
