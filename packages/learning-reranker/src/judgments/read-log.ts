/** Reads the log page by page into statistics. */
import { type Kysely, sql } from 'kysely';
import type { Database, FeedbackKind } from '../database/index.js';
import { LogStatistics } from './statistics.js';

export interface ReadLogOptions {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 2000;
/** What one client does counts up to this share of all searches, and up to a few at any rate. */
export const SHARE_OF_ONE_CLIENT = 0.0025;
const FEW = 20;
/** Where fewer people search, the share of each is larger, and so is what each may count for. */
const CROWD = 100;
/** In a small group one may count for this many times the mean. */
const TIMES_THE_MEAN = 2;

/** A note judges nothing. */
const JUDGING: readonly FeedbackKind[] = [
  'click',
  'noclick',
  'thumbsup',
  'thumbsdown',
  'star1',
  'star2',
  'star3',
  'star4',
  'star5',
];

/** Test traffic and bursts are left out. */
export async function readLog(
  db: Kysely<Database>,
  { from, until, signal }: ReadLogOptions = {},
): Promise<LogStatistics> {
  const all = db
    .selectFrom('searches')
    .where('excluded', 'is', null)
    .$if(from !== undefined, (query) => query.where('time', '>=', from as Date))
    .$if(until !== undefined, (query) => query.where('time', '<', until as Date));
  const { count, clients } = await all
    .select(({ fn }) => [
      fn.countAll<string>().as('count'),
      sql<string>`count(distinct client_id)`.as('clients'),
    ])
    .executeTakeFirstOrThrow();
  const mostOfClient = mostThatCounts(Number(count), Number(clients));
  const statistics = new LogStatistics({ mostOfClient });
  let last: { time: Date; event_id: string } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const page = await all
      .select(['event_id', 'time', 'query', 'client_id', 'shown'])
      .$if(last !== undefined, (query) =>
        query.where(sql<boolean>`(time, event_id) > (${last?.time}, ${last?.event_id})`),
      )
      .orderBy('time')
      .orderBy('event_id')
      .limit(PAGE)
      .execute();
    const said = await feedbackOf(
      db,
      page.map(({ event_id }) => event_id),
    );
    for (const { event_id, query, client_id, shown } of page) {
      const feedback = said.get(event_id) ?? [];
      statistics.add({ eventId: event_id, query, clientId: client_id, shown, feedback });
    }
    last = page.at(-1);
    if (page.length < PAGE) return statistics;
  }
}

/** Somebody who works alone is no majority of others to protect. */
function mostThatCounts(searches: number, clients: number): number {
  if (clients <= 1) return Number.POSITIVE_INFINITY;
  const ofSmallGroup = clients < CROWD ? (TIMES_THE_MEAN * searches) / clients : 0;
  return Math.max(FEW, Math.ceil(searches * SHARE_OF_ONE_CLIENT), Math.ceil(ofSmallGroup));
}

/** Feedback on documents, by search, oldest first; what is said of a whole list judges no document. */
async function feedbackOf(db: Kysely<Database>, eventIds: readonly string[]) {
  const byEvent = new Map<
    string,
    { kind: FeedbackKind; documentId: string; clientId: string | null; time: Date }[]
  >();
  if (eventIds.length === 0) return byEvent;
  const rows = await db
    .selectFrom('feedback')
    .select(['event_id', 'document_id', 'kind', 'client_id', 'time'])
    .where('event_id', 'in', eventIds)
    .where('document_id', 'is not', null)
    .where('kind', 'in', JUDGING)
    .orderBy('time')
    .orderBy('feedback_id')
    .execute();
  for (const { event_id, document_id, kind, client_id, time } of rows) {
    const own = byEvent.get(event_id) ?? [];
    if (own.length === 0) byEvent.set(event_id, own);
    own.push({ kind, documentId: document_id ?? '', clientId: client_id, time });
  }
  return byEvent;
}
