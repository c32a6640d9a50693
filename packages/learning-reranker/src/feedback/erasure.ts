/** Erases the searches and feedback of one user or of all, with the texts that nothing else refers to. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';
import { partsOf } from './texts.js';

export interface Erased {
  readonly searches: number;
  readonly feedback: number;
}

/** Erases a user's searches, all feedback on them, and the user's feedback on other searches. */
export async function eraseUser(db: Kysely<Database>, userId: string): Promise<Erased> {
  return db.transaction().execute(async (trx) => {
    await waitForWriters(trx);
    const events = trx.selectFrom('searches').select('event_id').where('user_id', '=', userId);
    const feedback = await trx
      .deleteFrom('feedback')
      .where((row) => row.or([row('user_id', '=', userId), row('event_id', 'in', events)]))
      .returning('note')
      .execute();
    const searches = await trx
      .deleteFrom('searches')
      .where('user_id', '=', userId)
      .returning(['query', 'shown'])
      .execute();
    const texts = new Set([
      ...feedback.flatMap(({ note }) => note ?? []),
      ...searches.flatMap(({ query, shown }) => [
        query,
        ...shown.flatMap(({ text }) => text ?? []),
      ]),
    ]);
    await removeUnused(trx, [...texts]);
    return { searches: searches.length, feedback: feedback.length };
  });
}

export async function eraseAll(db: Kysely<Database>): Promise<Erased> {
  return db.transaction().execute(async (trx) => {
    await waitForWriters(trx);
    const feedback = await trx.deleteFrom('feedback').executeTakeFirst();
    const searches = await trx.deleteFrom('searches').executeTakeFirst();
    await trx.deleteFrom('texts').execute();
    await trx.deleteFrom('teacher_scores').execute();
    return {
      searches: Number(searches.numDeletedRows),
      feedback: Number(feedback.numDeletedRows),
    };
  });
}

/** An unfinished write may refer to a text that is stored already, and its search is not visible yet. */
async function waitForWriters(trx: Kysely<Database>): Promise<void> {
  await sql`lock table texts in share row exclusive mode`.execute(trx);
}

/**
 * Removes the texts that no search, shown document or note refers to, with their teacher scores. A hash alone
 * would confirm a guess of what the user searched.
 */
async function removeUnused(trx: Kysely<Database>, hashes: readonly string[]): Promise<void> {
  for (const part of partsOf(hashes)) {
    await sql`
      with shown_elsewhere as (
        select distinct document ->> 'text' as hash
        from searches, jsonb_array_elements(shown) as document
        where document ->> 'text' = any(${part})
      ), removed as (
        delete from texts where hash = any(${part})
          and not exists (select from searches where query = texts.hash)
          and not exists (select from feedback where note = texts.hash)
          and not exists (select from shown_elsewhere where shown_elsewhere.hash = texts.hash)
        returning hash
      )
      delete from teacher_scores
      where query in (select hash from removed) or document in (select hash from removed)
    `.execute(trx);
  }
}
