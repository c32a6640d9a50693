/** Queues jobs at the times of their schedules. Several services on one database queue each job once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { Cron } from 'croner';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, SchedulesTable } from '../database/schema.js';
import { cleanJson } from '../records/clean-text.js';
import { newId } from '../records/new-id.js';
import { JobQueue } from './queue.js';

export type Schedule = Selectable<SchedulesTable>;

/** An invalid cron expression. */
export class ScheduleError extends TypedError {
  override readonly name = 'ScheduleError';
  readonly kind = 'invalid';
  override field = 'cron';
}

export class Schedules {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  list(): Promise<Schedule[]> {
    return this.#db.selectFrom('schedules').selectAll().orderBy('created').execute();
  }

  /** @throws {ScheduleError} */
  async create(cron: string, kind: string, request: Record<string, unknown>): Promise<Schedule> {
    if (nextAfter(cron, new Date()) === null) {
      throw new ScheduleError(`'${cron}' names a day that does not exist.`);
    }
    return this.#db
      .insertInto('schedules')
      .values({
        id: newId(),
        cron,
        kind,
        request: JSON.stringify(cleanJson(request)),
        enabled: true,
        created: new Date(),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /** Returns whether the schedule existed. */
  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('schedules')
      .where('id', '=', id)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** Queues the jobs that are due. Times that passed while no service ran count as one. */
  async enqueueDue(now = new Date()): Promise<number> {
    let made = 0;
    for (const schedule of await this.list()) {
      if (!schedule.enabled) continue;
      const from = schedule.last_due ?? schedule.created;
      const due = nextAfter(schedule.cron, from);
      if (due === null || due > now) continue;
      made += await this.#enqueueOnce(schedule, now);
    }
    return made;
  }

  /** Queues the job in the transaction that moves the time, so that only one service does. */
  #enqueueOnce({ id, kind, request, last_due }: Schedule, now: Date): Promise<number> {
    return this.#db.transaction().execute(async (trx) => {
      let claim = trx.updateTable('schedules').set({ last_due: now }).where('id', '=', id);
      claim =
        last_due === null
          ? claim.where('last_due', 'is', null)
          : claim.where('last_due', '=', last_due);
      const { numUpdatedRows } = await claim.executeTakeFirst();
      if (numUpdatedRows === 0n) return 0;
      // The same job still waits, so another one would repeat its work.
      const waiting = await trx
        .selectFrom('jobs')
        .select('id')
        .where('kind', '=', kind)
        .where('status', '=', 'queued')
        .where(sql<boolean>`request = ${JSON.stringify(request)}::jsonb`)
        .limit(1)
        .executeTakeFirst();
      if (waiting) return 0;
      await new JobQueue(trx).enqueue(kind, request);
      return 1;
    });
  }
}

/** The next time of a cron expression, in this machine's time zone; null if there is none. @throws {ScheduleError} */
export function nextAfter(cron: string, after: Date): Date | null {
  try {
    return new Cron(cron, { mode: '5-part' }).nextRun(after);
  } catch {
    throw new ScheduleError(
      `'${cron.slice(0, 100)}' is not a cron expression. Expected minute, hour, day, month and weekday, such as "0 3 * * *".`,
    );
  }
}

const POLL_EVERY_MS = 15_000;

/** Runs until the signal is aborted. */
export async function startScheduler({
  db,
  signal,
}: {
  readonly db: Kysely<Database>;
  readonly signal: AbortSignal;
}): Promise<void> {
  const schedules = new Schedules(db);
  while (!signal.aborted) {
    // When the database does not respond, the next round queues the jobs.
    await schedules.enqueueDue().catch(() => 0);
    await sleep(POLL_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
