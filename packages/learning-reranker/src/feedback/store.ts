/** Stores searches and feedback, each once, with every text once, and erases users. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, FeedbackKind, SearchesTable, ShownDocument } from '../database/schema.js';
import { newId } from '../records/new-id.js';
import { BurstDetector } from './bursts.js';
import { type Erased, eraseAll, eraseUser } from './erasure.js';
import { GroupedWriter } from './grouped-writer.js';
import { insertRows, type NewFeedback } from './inserting.js';
import { allSearches, type LoggedSearch, newestSearches } from './logged-searches.js';
import type { Feedback, Search } from './schema.js';
import { hashOf } from './texts.js';

type SearchRow = Selectable<SearchesTable>;

export interface SentSearch extends Search {
  /** The caller, to detect bursts of searches without a client id. It is not stored. */
  readonly caller?: string | undefined;
}

export interface Recorded {
  /** In the order of the input. Absent ids are generated. */
  readonly ids: readonly string[];
  /** The number of new rows. */
  readonly accepted: number;
  /** The number of rows that were stored before and did not change. */
  readonly duplicates: number;
}

export interface FeedbackCounts {
  readonly searches: number;
  readonly feedback: number;
  readonly byKind: Readonly<Partial<Record<FeedbackKind, number>>>;
  /** Searches that mining ignores. */
  readonly excluded: number;
}

export class FeedbackStore {
  readonly #db: Kysely<Database>;
  readonly #searches: GroupedWriter<SearchRow>;
  readonly #feedback: GroupedWriter<NewFeedback>;
  readonly #bursts = new BurstDetector();

  constructor(db: Kysely<Database>) {
    this.#db = db;
    this.#searches = new GroupedWriter(
      (texts, rows) => insertRows(db, 'searches', 'event_id', texts, rows),
      ({ event_id }) => event_id,
    );
    this.#feedback = new GroupedWriter(
      (texts, rows) => insertRows(db, 'feedback', 'feedback_id', texts, rows),
      ({ feedback_id }) => feedback_id,
    );
  }

  /** Stores all searches or none. */
  async recordSearches(searches: readonly SentSearch[], now = new Date()): Promise<Recorded> {
    const texts = new Map<string, string>();
    const keep = (text: string) => {
      const hash = hashOf(text);
      texts.set(hash, text);
      return hash;
    };
    const rows = searches.map((search) => {
      const time = search.time ?? now;
      const query = keep(search.query);
      const eventId = search.event_id ?? newId();
      const client = search.client_id ?? search.caller;
      const isBurst = this.#bursts.isBurst({ eventId, client, query, time });
      return {
        event_id: eventId,
        time,
        received: now,
        query,
        client_id: search.client_id ?? null,
        user_id: search.user_id ?? null,
        application: search.application ?? null,
        model: search.model ?? null,
        loss: search.loss ?? null,
        run_id: search.run_id ?? null,
        excluded: search.test ? 'test' : isBurst ? 'burst' : null,
        shown: search.documents.map(
          ({ id, index, text, reference, score, position }, at): ShownDocument => ({
            position: position ?? at + 1,
            id: id ?? String(index),
            ...(id === undefined && { numbered: true }),
            text: text === undefined ? (reference ?? null) : keep(text),
            score: score ?? null,
          }),
        ),
      } as const;
    });
    const accepted = await this.#searches.write(texts, rows);
    return {
      ids: rows.map(({ event_id }) => event_id),
      accepted: accepted.length,
      duplicates: rows.length - accepted.length,
    };
  }

  /** Stores all feedback or none. Feedback may arrive before its search. */
  async recordFeedback(
    feedback: readonly Feedback[],
    now = new Date(),
  ): Promise<Recorded & { readonly acceptedKinds: readonly FeedbackKind[] }> {
    const texts = new Map<string, string>();
    // Ascending ids: of two votes with the same time, the one with the larger id counts.
    const made = feedback.map(() => newId()).sort();
    const rows = feedback.map((one, at) => {
      const note = one.note === undefined ? null : hashOf(one.note);
      if (note !== null) texts.set(note, one.note as string);
      return {
        feedback_id: one.feedback_id ?? (made[at] as string),
        event_id: one.event_id,
        document_id: one.document_id ?? one.doc_id ?? null,
        kind: (one.kind ?? one.signal) as FeedbackKind,
        time: one.time ?? momentAfter(now, at),
        received: now,
        client_id: one.client_id ?? null,
        user_id: one.user_id ?? null,
        note,
      };
    });
    const accepted = await this.#feedback.write(texts, rows);
    return {
      ids: rows.map(({ feedback_id }) => feedback_id),
      accepted: accepted.length,
      duplicates: rows.length - accepted.length,
      acceptedKinds: accepted.map(({ kind }) => kind),
    };
  }

  async hasSearch(eventId: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('searches')
      .select('event_id')
      .where('event_id', '=', eventId)
      .executeTakeFirst();
    return row !== undefined;
  }

  async counts(): Promise<FeedbackCounts> {
    const searches = await this.#db
      .selectFrom('searches')
      .select(({ fn }) => [fn.countAll<string>().as('all'), fn.count<string>('excluded').as('out')])
      .executeTakeFirstOrThrow();
    const kinds = await this.#db
      .selectFrom('feedback')
      .select(({ fn }) => ['kind', fn.countAll<string>().as('count')])
      .groupBy('kind')
      .execute();
    const byKind = Object.fromEntries(kinds.map(({ kind, count }) => [kind, Number(count)]));
    return {
      searches: Number(searches.all),
      excluded: Number(searches.out),
      feedback: kinds.reduce((sum, { count }) => sum + Number(count), 0),
      byKind,
    };
  }

  /** The newest searches first. `before` is the last event id of the previous page. */
  list(limit: number, before?: string): Promise<LoggedSearch[]> {
    return newestSearches(this.#db, limit, before);
  }

  /** All searches, oldest first. Memory holds one page. */
  all(pageSize?: number): AsyncGenerator<LoggedSearch> {
    return allSearches(this.#db, pageSize);
  }

  /** Queries without results, newest first, except test traffic. */
  async withoutResults(limit: number): Promise<{ query: string; time: string }[]> {
    const rows = await this.#db
      .selectFrom('searches')
      .innerJoin('texts', 'texts.hash', 'searches.query')
      .select(['texts.text', 'searches.time'])
      .where(sql<boolean>`jsonb_array_length(shown) = 0`)
      .where('excluded', 'is', null)
      .orderBy('searches.time', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ text, time }) => ({ query: text, time: time.toISOString() }));
  }

  /** Erases a user's searches and feedback, and the texts that nothing else refers to. */
  eraseUser(userId: string): Promise<Erased> {
    return eraseUser(this.#db, userId);
  }

  /** Erases all searches and feedback. */
  clear(): Promise<Erased> {
    return eraseAll(this.#db);
  }
}

/** Times of a batch without times: each is a microsecond later than the one before. A Date has no microseconds. */
function momentAfter(start: Date, microseconds: number): string {
  const time = new Date(start.getTime() + Math.floor(microseconds / 1000)).toISOString();
  const digits = String(microseconds % 1000).padStart(3, '0');
  return time.replace('Z', `${digits}Z`);
}
