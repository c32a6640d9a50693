/** What an application sends: searches with the whole list shown, and what people said of it. */
import { z } from 'zod';
import { cleanText, cutText } from '../records/clean-text.js';

/** Longest text of a document that is kept, in UTF-16 code units; what is beyond no model reads. */
const LONGEST_DOCUMENT = 20_000;
const LONGEST_QUERY = 10_000;
const NO_QUERY = 'expected a query: more than blanks';
const MOST_SHOWN = 1000;
const MOST_IN_A_BATCH = 10_000;

/** Ids may come from outside; they are keys of rows, never paths. */
const id = z
  .string()
  .regex(/^[\w.:@/#+=-]{1,200}$/, 'expected 1 to 200 of letters, digits and . : @ / # + = _ -');
/** A document's id is the application's own: any text but an endless one. */
const documentId = z
  .string()
  .min(1)
  .max(500)
  .transform((text) => cleanText(text))
  .refine((kept) => kept !== '', 'expected an id: more than NUL');
const text = (longest: number) =>
  z
    .string()
    .max(1_000_000)
    .transform((value) => cutText(cleanText(value), longest));
const time = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .refine((date) => date.getTime() < Date.now() + 24 * 3600 * 1000, 'lies in the future')
  .refine((date) => date.getTime() > Date.UTC(1990), 'lies before 1990');

const name = (longest: number) =>
  z
    .string()
    .max(longest)
    .transform((value) => cleanText(value));

const keptQuery = (sent: string) => cutText(cleanText(sent), LONGEST_QUERY);

/** A query, whatever asks it: nothing could be clicked on by the event of one of which nothing is kept. */
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
    .describe("the search's own number for a document without an id; its text tells which it is"),
  text: text(LONGEST_DOCUMENT).optional(),
  reference: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal')
    .optional()
    .describe('of a text sent before, in its place'),
  score: z.number().optional(),
  position: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('from 1; its place in the list if absent'),
});

export const searchSchema = z
  .strictObject({
    event_id: id.optional().describe('made here if absent; sent twice it counts once'),
    query: querySchema.transform(keptQuery),
    documents: z
      .array(
        shownSchema.refine(({ id, index }) => id !== undefined || index !== undefined, {
          path: ['id'],
          error: 'expected an id, or the index that clicks will name it by',
        }),
      )
      .max(MOST_SHOWN)
      .describe('the whole list, as it was shown'),
    time: time.optional(),
    client_id: id.optional().describe('who searched, as a pseudonym'),
    user_id: id.optional().describe('by which a person can be erased'),
    application: name(100).optional(),
    model: name(200).optional(),
    loss: name(100).optional(),
    run_id: name(200).optional(),
    test: z.boolean().optional().describe('test traffic is kept and not learned from'),
  })
  .meta({ id: 'Search' });

export const feedbackKinds = [
  'click',
  'noclick',
  'thumbsup',
  'thumbsdown',
  'star1',
  'star2',
  'star3',
  'star4',
  'star5',
  'note',
] as const;

/** Refuses an older name that says something else than the name: one of the two would be passed over. */
function agreeing<Older extends string, Name extends string>(older: Older, name: Name) {
  return [
    (one: { readonly [Field in Older | Name]?: unknown }) =>
      one[older] === undefined || one[name] === undefined || one[older] === one[name],
    {
      path: [older] as PropertyKey[],
      error: `is the older name of ${name}, which says something else: send one of them`,
    },
  ] as const;
}

export const feedbackSchema = z
  .strictObject({
    feedback_id: id.optional().describe('made here if absent; sent twice it counts once'),
    event_id: id.describe('of the search'),
    kind: z.enum(feedbackKinds).optional(),
    signal: z.enum(feedbackKinds).optional().describe('the older name of kind'),
    document_id: documentId.optional(),
    doc_id: documentId.optional().describe('the older name of document_id'),
    note: text(LONGEST_QUERY).optional(),
    time: time.optional(),
    client_id: id.optional(),
    user_id: id.optional(),
  })
  .refine(({ kind, signal }) => (kind ?? signal) !== undefined, {
    path: ['kind'],
    error: `expected one of ${feedbackKinds.join(', ')}`,
  })
  .refine(...agreeing('signal', 'kind'))
  .refine(...agreeing('doc_id', 'document_id'))
  .refine((one) => (one.kind ?? one.signal) !== 'note' || one.note !== undefined, {
    path: ['note'],
    error: 'a note needs its text',
  })
  .refine(
    (one) => (one.kind ?? one.signal) !== 'click' || (one.document_id ?? one.doc_id) !== undefined,
    { path: ['document_id'], error: 'a click needs the document that was clicked' },
  )
  .meta({ id: 'Feedback' });

/** A click by itself. */
export const clickSchema = z
  .strictObject({
    feedback_id: id.optional(),
    event_id: id,
    document_id: documentId.optional(),
    doc_id: documentId.optional().describe('the older name of document_id'),
    time: time.optional(),
    client_id: id.optional(),
    user_id: id.optional(),
  })
  .refine(...agreeing('doc_id', 'document_id'))
  .refine(({ document_id, doc_id }) => (document_id ?? doc_id) !== undefined, {
    path: ['document_id'],
    error: 'a click needs the document that was clicked',
  })
  .meta({ id: 'Click' });

export type Search = z.output<typeof searchSchema>;
export type Feedback = z.output<typeof feedbackSchema>;
export type SearchInput = z.input<typeof searchSchema>;
export type FeedbackInput = z.input<typeof feedbackSchema>;

/** One, an array of them, or an object that holds an array. */
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
