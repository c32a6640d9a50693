/** Reads the log page by page into statistics. */
import { type Kysely, sql } from 'kysely';
import type { Database, ShownDocument } from '../database/schema.js';
import { feedbackKinds } from '../database/schema.js';
import { refreshStatistics } from '../database/statistics.js';
import { BurstDetector } from '../feedback/bursts.js';
import { clientWeights } from './client-weights.js';
import { type CountedSearch, LogStatistics } from './statistics.js';

export interface ReadLogOptions {
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

const PAGE = 2000;
/** Digits of the hexadecimal SHA-256 that identify a text. */
const TEXT_NAME_LENGTH = 24;
const JUDGING = feedbackKinds.filter((kind) => kind !== 'note');

/** Leaves out test traffic and bursts, even bursts that several processes received in parts. */
export async function readLog(
  db: Kysely<Database>,
  { from, until, signal }: ReadLogOptions = {},
): Promise<LogStatistics> {
  await refreshStatistics(db, ['searches', 'feedback', 'texts']);
  const all = db
    .selectFrom('searches')
    .where('excluded', 'is', null)
    .$if(from !== undefined, (query) => query.where('time', '>=', from as Date))
    .$if(until !== undefined, (query) => query.where('time', '<', until as Date));
  const statistics = new LogStatistics(await clientWeights(db, { from, until }));
  const bursts = new BurstDetector();
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
    const feedbackByEvent = await feedbackOf(
      db,
      page.map(({ event_id }) => event_id),
    );
    for (const { event_id, time, query, client_id, shown } of page) {
      if (bursts.isBurst({ eventId: event_id, client: client_id ?? undefined, query, time })) {
        continue;
      }
      const feedback = feedbackByEvent.get(event_id) ?? [];
      const named = namedAcrossSearches(shown, feedback);
      statistics.add({ eventId: event_id, query, clientId: client_id, ...named });
    }
    last = page.at(-1);
    if (page.length < PAGE) break;
  }
  statistics.feedbackWithoutSearch = await countWithoutSearch(db, { from, until });
  return statistics;
}

/** Counts feedback whose search was never sent, or was sent with another id. */
async function countWithoutSearch(
  db: Kysely<Database>,
  { from, until }: Pick<ReadLogOptions, 'from' | 'until'>,
): Promise<number> {
  const { count } = await db
    .selectFrom('feedback')
    .leftJoin('searches', 'searches.event_id', 'feedback.event_id')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('searches.event_id', 'is', null)
    .where('feedback.kind', 'in', JUDGING)
    .$if(from !== undefined, (query) => query.where('feedback.time', '>=', from as Date))
    .$if(until !== undefined, (query) => query.where('feedback.time', '<', until as Date))
    .executeTakeFirstOrThrow();
  return Number(count);
}

type CountedFeedback = CountedSearch['feedback'][number];

/** A number such as "3" names another document in every search, so the text's hash names the document instead. */
export function nameAcrossSearches({ id, numbered, text }: ShownDocument): string {
  return numbered ? `text:${(text ?? id).slice(0, TEXT_NAME_LENGTH)}` : id;
}

function namedAcrossSearches(
  shown: readonly ShownDocument[],
  feedback: readonly CountedFeedback[],
): Pick<CountedSearch, 'shown' | 'feedback'> {
  if (!shown.some(({ numbered }) => numbered)) return { shown, feedback };
  const nameOf = new Map(shown.map((one) => [one.id, nameAcrossSearches(one)]));
  const named = (id: string) => nameOf.get(id) ?? id;
  return {
    shown: shown.map((one) => ({ ...one, id: named(one.id) })),
    feedback: feedback.map((one) => ({ ...one, documentId: named(one.documentId) })),
  };
}

/** Feedback on documents by search, oldest first. Leaves out feedback on a whole list, which judges no document. */
async function feedbackOf(db: Kysely<Database>, eventIds: readonly string[]) {
  const byEvent = new Map<string, CountedFeedback[]>();
  if (eventIds.length === 0) return byEvent;
  const rows = await db
    .selectFrom('feedback')
    .select(['event_id', 'document_id', 'kind', 'client_id', 'time'])
    .where(sql<boolean>`event_id = any(${eventIds})`)
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
