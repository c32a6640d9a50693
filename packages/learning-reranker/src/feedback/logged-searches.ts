/** Reads stored searches with their feedback and texts. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, FeedbackKind, SearchesTable } from '../database/schema.js';
import { readTexts } from './texts.js';

/** A stored search with its feedback, as the API returns it and exports contain it. */
export interface LoggedSearch {
  readonly event_id: string;
  readonly time: string;
  readonly query: string;
  readonly client_id: string | null;
  readonly user_id: string | null;
  readonly application: string | null;
  readonly model: string | null;
  readonly loss: string | null;
  readonly run_id: string | null;
  readonly excluded: string | null;
  readonly documents: readonly {
    position: number;
    id: string;
    text: string | null;
    score: number | null;
  }[];
  readonly feedback: readonly {
    kind: FeedbackKind;
    document_id: string | null;
    note: string | null;
    time: string;
  }[];
}

/** The newest searches first. `before` is the last event id of the previous page. */
export async function newestSearches(
  db: Kysely<Database>,
  limit: number,
  before?: string,
): Promise<LoggedSearch[]> {
  let query = db
    .selectFrom('searches')
    .selectAll()
    .orderBy('time', 'desc')
    .orderBy('event_id', 'desc')
    .limit(limit);
  if (before !== undefined) {
    query = query.where(
      sql<boolean>`(time, event_id) < (select time, event_id from searches where event_id = ${before})`,
    );
  }
  return withTexts(db, await query.execute());
}

/** All searches, oldest first. Memory holds one page. */
export async function* allSearches(
  db: Kysely<Database>,
  pageSize = 500,
): AsyncGenerator<LoggedSearch> {
  let last: { time: Date; event_id: string } | undefined;
  for (;;) {
    let query = db
      .selectFrom('searches')
      .selectAll()
      .orderBy('time')
      .orderBy('event_id')
      .limit(pageSize);
    if (last) {
      query = query.where(sql<boolean>`(time, event_id) > (${last.time}, ${last.event_id})`);
    }
    const rows = await query.execute();
    yield* await withTexts(db, rows);
    last = rows.at(-1);
    if (rows.length < pageSize) return;
  }
}

async function withTexts(
  db: Kysely<Database>,
  rows: readonly Selectable<SearchesTable>[],
): Promise<LoggedSearch[]> {
  if (rows.length === 0) return [];
  const feedback = await db
    .selectFrom('feedback')
    .selectAll()
    .where(
      'event_id',
      'in',
      rows.map(({ event_id }) => event_id),
    )
    .orderBy('time')
    .execute();
  const hashes = new Set([
    ...rows.flatMap(({ query, shown }) => [query, ...shown.flatMap(({ text }) => text ?? [])]),
    ...feedback.flatMap(({ note }) => note ?? []),
  ]);
  const texts = await readTexts(db, [...hashes]);
  const feedbackOf = new Map<string, (typeof feedback)[number][]>();
  for (const one of feedback) {
    const own = feedbackOf.get(one.event_id) ?? [];
    feedbackOf.set(one.event_id, [...own, one]);
  }
  return rows.map((row) => ({
    event_id: row.event_id,
    time: row.time.toISOString(),
    query: texts.get(row.query) ?? '',
    client_id: row.client_id,
    user_id: row.user_id,
    application: row.application,
    model: row.model,
    loss: row.loss,
    run_id: row.run_id,
    excluded: row.excluded,
    documents: row.shown.map(({ position, id, text, score }) => ({
      position,
      id,
      text: text === null ? null : (texts.get(text) ?? null),
      score,
    })),
    feedback: (feedbackOf.get(row.event_id) ?? []).map(({ kind, document_id, note, time }) => ({
      kind,
      document_id,
      note: note === null ? null : (texts.get(note) ?? null),
      time: time.toISOString(),
    })),
  }));
}
