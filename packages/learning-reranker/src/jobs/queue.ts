/** The queue of jobs in the database. A worker renews the lease of its job; when it dies, another worker takes the job. */
import { hostname } from 'node:os';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, JobStatus, JobsTable } from '../database/schema.js';
import { cleanJson, cleanText } from '../records/clean-text.js';
import { newId } from '../records/new-id.js';

export type Job = Selectable<JobsTable>;

export interface JobEvent {
  /** Increases with each event. */
  readonly id: string;
  readonly time: Date;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The status of the job does not allow the change. */
class JobError extends TypedError {
  override readonly name = 'JobError';
  readonly kind = 'conflict';
}

/** Seconds without a heartbeat after which a job counts as abandoned. */
export const LEASE_SECONDS = 10;
/** The most attempts without a checkpoint. */
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

  /** Newest first. */
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

  /** Takes the oldest job that is queued or abandoned; null when there is none. Each worker gets another job. */
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

  /** Fails abandoned jobs that have no attempt left. */
  async failAbandoned(): Promise<void> {
    await sql`
      with abandoned as (
        update jobs set status = 'failed', finished = now(), lease_until = null,
          eta_seconds = null, error = 'The worker died during each attempt.'
        where status = 'running' and lease_until < now() and attempts >= max_attempts
        returning id
      )
      insert into job_events (job_id, time, type, data)
      select id, now(), 'ended', '{"outcome": "failed"}' from abandoned`.execute(this.#db);
  }

  /** Renews the lease. Returns whether this worker still holds the job, and whether to cancel it. */
  async heartbeat(
    id: string,
    worker: string,
    progress: { share?: number; message?: string; etaSeconds?: number | null } = {},
  ): Promise<{ readonly held: boolean; readonly cancelRequested: boolean }> {
    const row = await this.#held(id, worker)
      .set({
        lease_until: sql`now() + make_interval(secs => ${LEASE_SECONDS})`,
        ...(progress.share !== undefined && { progress: progress.share }),
        ...(progress.message !== undefined && { message: progress.message }),
        ...(progress.etaSeconds !== undefined && { eta_seconds: progress.etaSeconds }),
      })
      .returning('cancel_requested')
      .executeTakeFirst();
    return { held: row !== undefined, cancelRequested: row?.cancel_requested ?? false };
  }

  /** The job, if this worker still holds it: what each change by a worker begins with. */
  #held(id: string, worker: string) {
    return this.#db
      .updateTable('jobs')
      .where('id', '=', id)
      .where('worker', '=', worker)
      .where('status', '=', 'running');
  }

  /** Counts attempts from a checkpoint on, because the next attempt continues from it. */
  async countAttemptsAnew(id: string, worker: string): Promise<void> {
    await this.#held(id, worker)
      .set({ max_attempts: sql`greatest(max_attempts, attempts + ${sql.lit(ATTEMPTS - 1)})` })
      .execute();
  }

  /** Ends a job with a last event. Returns false if another worker holds the job. */
  finish(id: string, worker: string, end: JobEnd): Promise<boolean> {
    return this.#db.transaction().execute(async (trx) => {
      const queue = new JobQueue(trx);
      if (!(await queue.#end(id, worker, end))) return false;
      await queue.addEvent(id, 'ended', { outcome: end.status });
      return true;
    });
  }

  async #end(id: string, worker: string, end: JobEnd): Promise<boolean> {
    const { numUpdatedRows } = await this.#held(id, worker)
      .set({
        status: end.status,
        finished: new Date(),
        lease_until: null,
        eta_seconds: null,
        ...(end.status === 'succeeded'
          ? { result: jsonOf(end.result), progress: 1, error: null, message: 'done' }
          : { error: cleanText(end.error) }),
      })
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Queues a job again after a wait, with at least one more attempt. */
  async retryLater(id: string, worker: string, error: string, seconds: number): Promise<void> {
    await this.#held(id, worker)
      .set({
        status: 'queued',
        worker: null,
        max_attempts: sql`greatest(max_attempts, attempts + 1)`,
        error: cleanText(error),
        lease_until: sql`now() + make_interval(secs => ${seconds})`,
      })
      .execute();
  }

  /** Queues a job again that cannot start yet. This costs no attempt. */
  async postpone(id: string, worker: string, message: string, seconds: number): Promise<void> {
    await this.#held(id, worker)
      .set({
        status: 'queued',
        worker: null,
        message,
        lease_until: sql`now() + make_interval(secs => ${seconds})`,
        attempts: sql`attempts - 1`,
      })
      .execute();
  }

  /** Queues a job of a worker that stops, so that another takes it at once. This costs no attempt. */
  async release(id: string, worker: string): Promise<void> {
    await this.#held(id, worker)
      .set({ status: 'queued', worker: null, lease_until: null, attempts: sql`attempts - 1` })
      .execute();
  }

  /** Cancels a queued job at once, and a running one at its worker's next heartbeat. @throws {JobError} if it has ended */
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
      ended ? `This job has already ended: ${ended.status}.` : 'There is no job with this id.',
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
          error: 'The job was cancelled before it started.',
        })
        .where('id', '=', id)
        .where('status', '=', 'queued')
        .returningAll()
        .executeTakeFirst();
      if (cancelled) await new JobQueue(trx).addEvent(id, 'ended', { outcome: 'cancelled' });
      return cancelled;
    });
  }

  /** Queues a new job with the same request. @throws {JobError} if the old one has not ended */
  async retry(id: string): Promise<Job> {
    const job = await this.get(id);
    if (!job) throw new JobError('There is no job with this id.');
    if (job.finished === null) throw new JobError(`This job is ${job.status}. Cancel it first.`);
    return this.enqueue(job.kind, job.request);
  }

  async addEvent(jobId: string, type: string, data: Record<string, unknown>): Promise<void> {
    await this.#db
      .insertInto('job_events')
      .values({ job_id: jobId, time: new Date(), type, data: jsonOf(data) })
      .execute();
  }

  /** The newest event of a type. */
  async lastEvent(jobId: string, type: string): Promise<JobEvent | null> {
    const row = await this.#eventsOf(jobId)
      .where('type', '=', type)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ?? null;
  }

  /** The newest events of a job, oldest first. */
  async lastEvents(jobId: string, count: number): Promise<JobEvent[]> {
    const rows = await this.#eventsOf(jobId).orderBy('id', 'desc').limit(count).execute();
    return rows.reverse();
  }

  /** The events of a job after the event with this id, oldest first. */
  events(jobId: string, after = '0', limit = 1000): Promise<JobEvent[]> {
    return this.#eventsOf(jobId).where('id', '>', after).orderBy('id').limit(limit).execute();
  }

  #eventsOf(jobId: string) {
    return this.#db
      .selectFrom('job_events')
      .select(['id', 'time', 'type', 'data'])
      .where('job_id', '=', jobId);
  }
}

/** Without NUL and lone surrogates, which PostgreSQL refuses. */
function jsonOf(value: object): string {
  return JSON.stringify(cleanJson(value));
}

/** A name that no other worker has, not even an earlier one with the same process id. */
export function newWorkerName(): string {
  return `${hostname()}-${process.pid}-${newId()}`;
}
