/** Reads the events of all jobs, of all workers on all machines, for metrics. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';

export interface LoggedEvent {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Events can become visible out of the order of their ids, so this many ids before the last are read again. */
const OUT_OF_ORDER = 200;
const MOST = 2000;
/** Events of each type in the first read; more than `OUT_OF_ORDER`. */
const RECENT = 300;

export class JobEventReader {
  readonly #db: Kysely<Database>;
  #last: bigint | null = null;
  #seen = new Set<string>();
  #reading: Promise<unknown> = Promise.resolve();

  readonly #types: readonly string[];

  constructor(db: Kysely<Database>, types: readonly string[]) {
    this.#db = db;
    this.#types = types;
  }

  /** The first call returns recent events, marked as old. Later calls return each new event once, oldest first. */
  read(): Promise<{ readonly events: readonly LoggedEvent[]; readonly isOld: boolean }> {
    // One at a time, so that concurrent calls do not return the same event.
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  async #read() {
    const isOld = this.#last === null;
    const rows = this.#last === null ? await this.#recent() : await this.#after(this.#last);
    const events = rows.filter(({ id }) => !this.#seen.has(id));
    const last = rows.at(-1);
    if (last) this.#last = BigInt(last.id);
    this.#last ??= 0n;
    this.#seen = new Set(rows.slice(-2 * OUT_OF_ORDER).map(({ id }) => id));
    return { events, isOld };
  }

  async #after(last: bigint): Promise<LoggedEvent[]> {
    const { rows } = await sql<LoggedEvent>`
      select job_events.id::text as id, jobs.kind, job_events.type, job_events.data
      from job_events join jobs on jobs.id = job_events.job_id
      where job_events.type in (${sql.join(this.#types)})
        and job_events.id > ${String(last - BigInt(OUT_OF_ORDER))}
      order by job_events.id limit ${sql.lit(MOST)}`.execute(this.#db);
    return rows;
  }

  /** The newest events of each type, so that the many steps of a training do not hide an evaluation. */
  async #recent(): Promise<LoggedEvent[]> {
    const { rows } = await sql<LoggedEvent>`
      select recent.id::text as id, jobs.kind, recent.type, recent.data
      from unnest(array[${sql.join(this.#types)}]::text[]) as wanted(type)
      cross join lateral (
        select * from job_events where job_events.type = wanted.type
        order by job_events.id desc limit ${sql.lit(RECENT)}
      ) as recent
      join jobs on jobs.id = recent.job_id
      order by recent.id`.execute(this.#db);
    return rows;
  }
}
