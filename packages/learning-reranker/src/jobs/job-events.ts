/** What jobs of all workers said, for whoever watches them together: metrics, on whichever machine they are asked. */
import { type Kysely, sql } from 'kysely';
import type { Database } from '../database/schema.js';

export interface SaidEvent {
  readonly id: string;
  readonly kind: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Ids are given before they are seen: as many before the last are looked at once more. */
const OUT_OF_ORDER = 200;
const MOST = 2000;
/** What is read of each type at the first time; more than is looked at once more. */
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

  /** The first time how things stand, marked as old; then what is new, each once, oldest first. */
  read(): Promise<{ readonly events: readonly SaidEvent[]; readonly isOld: boolean }> {
    // Of two who ask at once the second is told what came since the first.
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

  async #after(last: bigint): Promise<SaidEvent[]> {
    const { rows } = await sql<SaidEvent>`
      select job_events.id::text as id, jobs.kind, job_events.type, job_events.data
      from job_events join jobs on jobs.id = job_events.job_id
      where job_events.type in (${sql.join(this.#types)})
        and job_events.id > ${String(last - BigInt(OUT_OF_ORDER))}
      order by job_events.id limit ${sql.lit(MOST)}`.execute(this.#db);
    return rows;
  }

  /** Of each type the last: a long training's steps do not hide the evaluation before it. */
  async #recent(): Promise<SaidEvent[]> {
    const { rows } = await sql<SaidEvent>`
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
