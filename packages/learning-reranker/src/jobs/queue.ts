/** The queue of jobs, in the database: leases with heartbeats, so that a dead worker's job is given again. */

import { hostname } from 'node:os';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, JobStatus, JobsTable } from '../database/schema.js';
import { cleanJson, cleanText } from '../records/clean-text.js';
import { newId } from '../records/new-id.js';

export type Job = Selectable<JobsTable>;

/** What a job said while it ran. */
export interface JobEvent {
  /** Grows; what a reader has seen is named by it. */
  readonly id: string;
  readonly time: Date;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A job cannot be done as asked: it is not there, has ended, or one like it waits already. */
export class JobError extends TypedError {
  override readonly name = 'JobError';
  readonly kind = 'conflict';
}

/** Seconds without a heartbeat after which a job counts as left behind. */
export const LEASE_SECONDS = 10;
/** Times a job is begun at most, without getting anywhere. */
const ATTEMPTS = 3;

type JobEnd =
  | { readonly status: 'succeeded'; readonly result: Record<string, unknown> }
  | { readonly status: 'failed' | 'cancelled'; readonly error: string };

export class JobQueue {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async enqueue(
    kind: string,
    request: Record<string, unknown>,
    { maxAttempts = ATTEMPTS }: { readonly maxAttempts?: number } = {},
  ): Promise<Job> {
    return this.#db
      .insertInto('jobs')
      .values({
        id: newId(),
        kind,
        status: 'queued',
        request: jsonOf(request),
        progress: 0,
        attempts: 0,
        max_attempts: maxAttempts,
        cancel_requested: false,
        created: new Date(),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async get(id: string): Promise<Job | null> {
    const row = await this.#db
      .selectFrom('jobs')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst();
    return row ?? null;
  }

  /** The newest first. */
  async list(
    filter: { status?: JobStatus; kind?: string; limit?: number; before?: string } = {},
  ): Promise<Job[]> {
    let query = this.#db.selectFrom('jobs').selectAll().orderBy('id', 'desc');
    if (filter.status) query = query.where('status', '=', filter.status);
    if (filter.kind) query = query.where('kind', '=', filter.kind);
    if (filter.before) query = query.where('id', '<', filter.before);
    return query.limit(filter.limit ?? 50).execute();
  }

  async count(status: JobStatus): Promise<number> {
    const { count } = await this.#db
      .selectFrom('jobs')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .where('status', '=', status)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  /**
   * The oldest job that waits, or whose worker is gone; null while there is none. Of several workers
   * each gets another.
   */
  async claim(worker: string, kinds?: readonly string[]): Promise<Job | null> {
    const ofKinds = kinds ? sql`and kind in (${sql.join(kinds)})` : sql``;
    const { rows } = await sql<Job>`
      update jobs set status = 'running', worker = ${worker}, attempts = attempts + 1,
        error = null, started = coalesce(started, now()),
        lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
      where id = (
        select id from jobs
        where ((status = 'queued' and (lease_until is null or lease_until < now()))
            or (status = 'running' and lease_until < now()))
          and attempts < max_attempts ${ofKinds}
        order by created, id
        for update skip locked
        limit 1
      )
      returning *`.execute(this.#db);
    return rows[0] ?? null;
  }

  /** Jobs that were begun as often as they may be, and left behind, have failed. */
  async failAbandoned(): Promise<void> {
    await sql`
      with abandoned as (
        update jobs set status = 'failed', finished = now(), lease_until = null,
          eta_seconds = null, error = 'its worker ended again and again before it was done'
        where status = 'running' and lease_until < now() and attempts >= max_attempts
        returning id
      )
      insert into job_events (job_id, time, type, data)
      select id, now(), 'ended', '{"outcome": "failed"}' from abandoned`.execute(this.#db);
  }

  /** Prolongs the lease. Whether the job is still this worker's, and whether it should stop. */
  async heartbeat(
    id: string,
    worker: string,
    progress: { share?: number; message?: string; etaSeconds?: number | null } = {},
  ): Promise<{ readonly held: boolean; readonly cancelRequested: boolean }> {
    const row = await this.#db
      .updateTable('jobs')
      .set({
        lease_until: sql`now() + make_interval(secs => ${LEASE_SECONDS})`,
        ...(progress.share !== undefined && { progress: progress.share }),
        ...(progress.message !== undefined && { message: progress.message }),
        ...(progress.etaSeconds !== undefined && { eta_seconds: progress.etaSeconds }),
      })
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .returning('cancel_requested')
      .executeTakeFirst();
    return { held: row !== undefined, cancelRequested: row?.cancel_requested ?? false };
  }

  /** What was done so far is kept, and the next attempt goes on from it: attempts are counted from here. */
  async countAttemptsAnew(id: string, worker: string): Promise<void> {
    await this.#db
      .updateTable('jobs')
      .set({ max_attempts: sql`greatest(max_attempts, attempts + ${sql.lit(ATTEMPTS - 1)})` })
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .execute();
  }

  /** Ends a job and says so as its last event, if it is still this worker's: of two that did it one counts. */
  finish(id: string, worker: string, end: JobEnd): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const queue = new JobQueue(trx);
      if (!(await queue.#end(id, worker, end))) return false;
      await queue.addEvent(id, 'ended', { outcome: end.status });
      return true;
    });
  }

  async #end(id: string, worker: string, end: JobEnd): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('jobs')
      .set({
        status: end.status,
        finished: new Date(),
        lease_until: null,
        eta_seconds: null,
        ...(end.status === 'succeeded'
          ? { result: jsonOf(end.result), progress: 1, error: null, message: 'done' }
          : { error: cleanText(end.error) }),
      })
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Gives a job back for another attempt, after a wait; one is left, though it was not counted that some was done. */
  async retryLater(id: string, worker: string, error: string, seconds: number): Promise<void> {
    await this.#db
      .updateTable('jobs')
      .set({
        status: 'queued',
        worker: null,
        max_attempts: sql`greatest(max_attempts, attempts + 1)`,
        error: cleanText(error),
        lease_until: sql`now() + make_interval(secs => ${seconds})`,
      })
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .execute();
  }

  /** Gives a job back that cannot be begun yet; it costs no attempt. */
  async postpone(id: string, worker: string, message: string, seconds: number): Promise<void> {
    await this.#db
      .updateTable('jobs')
      .set(({ eb }) => ({
        status: 'queued' as const,
        worker: null,
        message,
        lease_until: sql<Date>`now() + make_interval(secs => ${seconds})`,
        attempts: eb('attempts', '-', 1),
      }))
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .execute();
  }

  /** Lets go of a job that a worker must leave, so that another takes it at once; it costs no attempt. */
  async release(id: string, worker: string): Promise<void> {
    await this.#db
      .updateTable('jobs')
      .set(({ eb }) => ({
        status: 'queued' as const,
        worker: null,
        lease_until: null,
        attempts: eb('attempts', '-', 1),
      }))
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running')
      .execute();
  }

  /** A waiting job is cancelled at once, a running one when its worker hears of it. @throws {JobError} */
  async cancel(id: string): Promise<Job> {
    const waiting = await this.#cancelWaiting(id);
    if (waiting) return waiting;
    const running = await this.#db
      .updateTable('jobs')
      .set({ cancel_requested: true })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .returningAll()
      .executeTakeFirst();
    if (running) return running;
    const ended = await this.get(id);
    throw new JobError(
      ended ? `this job has ended already: ${ended.status}` : 'there is no such job',
    );
  }

  #cancelWaiting(id: string): Promise<Job | undefined> {
    return this.#db.transaction().execute(async (trx) => {
      const cancelled = await trx
        .updateTable('jobs')
        .set({
          status: 'cancelled',
          cancel_requested: true,
          finished: new Date(),
          lease_until: null,
          error: 'it was cancelled while it waited',
        })
        .where('id', '=', id)
        .where('status', '=', 'queued')
        .returningAll()
        .executeTakeFirst();
      if (cancelled) await new JobQueue(trx).addEvent(id, 'ended', { outcome: 'cancelled' });
      return cancelled;
    });
  }

  /** A new job of the same kind and request. @throws {JobError} unless the old one has ended */
  async retry(id: string): Promise<Job> {
    const job = await this.get(id);
    if (!job) throw new JobError('there is no such job');
    if (job.finished === null) throw new JobError(`this job is ${job.status}: cancel it first`);
    return this.enqueue(job.kind, job.request);
  }

  async addEvent(jobId: string, type: string, data: Record<string, unknown>): Promise<void> {
    await this.#db
      .insertInto('job_events')
      .values({ job_id: jobId, time: new Date(), type, data: jsonOf(data) })
      .execute();
  }

  /** The last event of a type. */
  async lastEvent(jobId: string, type: string): Promise<JobEvent | null> {
    const row = await this.#db
      .selectFrom('job_events')
      .select(['id', 'time', 'type', 'data'])
      .where('job_id', '=', jobId)
      .where('type', '=', type)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ?? null;
  }

  /** The last that a job said, oldest first. */
  async lastEvents(jobId: string, count: number): Promise<JobEvent[]> {
    const rows = await this.#db
      .selectFrom('job_events')
      .select(['id', 'time', 'type', 'data'])
      .where('job_id', '=', jobId)
      .orderBy('id', 'desc')
      .limit(count)
      .execute();
    return rows.reverse();
  }

  /** What a job said after the event that is named; all of it when none is. */
  async events(jobId: string, after = '0', limit = 1000): Promise<JobEvent[]> {
    const rows = await this.#db
      .selectFrom('job_events')
      .select(['id', 'time', 'type', 'data'])
      .where('job_id', '=', jobId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows;
  }
}

/** As PostgreSQL takes it: without NUL and lone surrogates. */
function jsonOf(value: object): string {
  return JSON.stringify(cleanJson(value));
}

/** Tells this worker from every other, also from one that had its process number before. */
export function newWorkerName(): string {
  return `${hostname()}-${process.pid}-${newId()}`;
}
