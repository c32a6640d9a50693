/** User Behavior Insights 1.3: JSON Lines of queries and events, as OpenSearch stores them. */
import { z } from 'zod';
import { type ImportRows, withId } from '../feedback/import-rows.js';
import {
  type FeedbackInput,
  feedbackSchema,
  type Search,
  type SearchInput,
  searchSchema,
} from '../feedback/schema.js';
import { streamJsonLines } from '../records/json-lines.js';
import type { FeedbackFormat } from './format.js';

export const ubi: FeedbackFormat = {
  name: 'ubi',
  description: 'JSON Lines of User Behavior Insights 1.3: queries and events',
  carries: 'feedback',
  async *read(path, { onMalformed }) {
    const options = { schema: ubiRowsSchema, onMalformed };
    for await (const { value } of streamJsonLines(path, options)) yield value;
  },
};

const time = z.union([z.string(), z.number()]).transform((value, context) => {
  const date = new Date(value);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  context.addIssue({ code: 'custom', message: 'expected a time' });
  return z.NEVER;
});

const querySchema = z
  .looseObject({
    query_id: z.string().min(1),
    user_query: z.string(),
    client_id: z.string().nullish(),
    user_id: z.string().nullish(),
    application: z.string().nullish(),
    timestamp: time.nullish(),
    query_response_hit_ids: z.array(z.union([z.string(), z.number()]).transform(String)).nullish(),
  })
  .meta({ id: 'UbiQuery' });

/** A rank of 0 is refused, because a sender who counts from 0 would shift every click by one rank. */
const fromOne = 'expected the rank as an integer, where the first is 1';
const rank = z.int().min(1, fromOne);
/** An integer since UBI 1.3, `{index}` before. Both count from 1. */
const ordinal = z
  .union([rank, z.looseObject({ index: rank }).transform(({ index }) => index)], {
    error: fromOne,
  })
  .meta({ description: 'the rank, from 1; before UBI 1.3 an object with `index`' });

const eventSchema = z
  .looseObject({
    action_name: z.string(),
    query_id: z.string().nullish(),
    client_id: z.string().nullish(),
    user_id: z.string().nullish(),
    timestamp: time.nullish(),
    message: z.string().nullish(),
    event_attributes: z
      .looseObject({
        object: z
          .looseObject({ object_id: z.union([z.string(), z.number()]).transform(String) })
          .nullish(),
        position: z.looseObject({ ordinal: ordinal.nullish() }).nullish(),
      })
      .nullish(),
  })
  .meta({ id: 'UbiEvent' });

/** A query with the ids of the shown documents. UBI logs no texts. */
function searchOf(query: z.output<typeof querySchema>): SearchInput {
  return {
    event_id: query.query_id,
    query: query.user_query,
    documents: (query.query_response_hit_ids ?? []).map((id) => ({ id })),
    ...shared(query),
    ...(query.application && { application: query.application.slice(0, 100) }),
  };
}

/** The actions that judge a document. An impression adds nothing to the list of its query. */
const KINDS: Readonly<Record<string, FeedbackInput['kind']>> = {
  click: 'click',
  item_click: 'click',
  add_to_cart: 'thumbsup',
  purchase: 'star5',
  thumbs_up: 'thumbsup',
  thumbs_down: 'thumbsdown',
};

/** Null for an event that judges no document: an impression, a page view, an event without query or object. */
function feedbackOf(event: z.output<typeof eventSchema>): FeedbackInput | null {
  const kind = KINDS[event.action_name.toLowerCase()];
  const documentId = event.event_attributes?.object?.object_id;
  if (kind === undefined || !event.query_id || documentId === undefined) return null;
  return { event_id: event.query_id, kind, document_id: documentId, ...shared(event) };
}

function shared(row: {
  client_id?: string | null | undefined;
  user_id?: string | null | undefined;
  timestamp?: string | null | undefined;
}) {
  return {
    ...(row.client_id && { client_id: row.client_id }),
    ...(row.user_id && { user_id: row.user_id }),
    ...(row.timestamp && { time: row.timestamp }),
  };
}

/** UBI's names for fields of searches and feedback that have another name here. */
const QUERY_NAMES: Names = {
  event_id: ['query_id'],
  query: ['user_query'],
  documents: ['query_response_hit_ids'],
  time: ['timestamp'],
};
const EVENT_NAMES: Names = {
  event_id: ['query_id'],
  document_id: ['event_attributes', 'object', 'object_id'],
  time: ['timestamp'],
};
type Names = Readonly<Record<string, readonly string[]>>;

/** A UBI query, converted to a search. */
export const ubiQuerySchema = querySchema.transform(
  (query, context): Search => checked(searchSchema, searchOf(query), QUERY_NAMES, context),
);

/** A UBI event, converted to feedback. Null if it judges no document. */
export const ubiEventSchema = eventSchema.transform((event, context) => {
  const feedback = feedbackOf(event);
  // UBI's events have no ids, so one that is sent twice is recognized by its content.
  return feedback && checked(feedbackSchema, withId(feedback), EVENT_NAMES, context);
});

/** A query or an event. An event is known by its action, because it may carry the query's text too. */
const ubiRowsSchema: z.ZodType<ImportRows> = z.looseObject({}).transform((row, context) => {
  const parsed = 'action_name' in row ? eventRows.safeParse(row) : queryRows.safeParse(row);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    context.addIssue({ code: 'custom', path, message });
  }
  return z.NEVER;
});
const eventRows = ubiEventSchema.transform(
  (one): ImportRows => ({ searches: [], feedback: one ? [one] : [] }),
);
const queryRows = ubiQuerySchema.transform(
  (search): ImportRows => ({ searches: [search], feedback: [] }),
);

/** Problems are reported by UBI's names of the fields. */
function checked<Row>(
  schema: z.ZodType<Row>,
  row: unknown,
  names: Names,
  context: z.RefinementCtx,
): Row {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    const [field, ...below] = path;
    const place = below.filter((part) => typeof part === 'number');
    const named = names[String(field)] ?? [String(field)];
    context.addIssue({ code: 'custom', path: [...named, ...place], message });
  }
  return z.NEVER;
}
