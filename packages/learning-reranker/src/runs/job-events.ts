/** What jobs of all workers said, for whoever watches them together: metrics, on whichever machine they are asked. */
import { type Kysely, sql } from 'kysely';
import type { Database, JobKind } from '../database/index.js';

export interface SaidEvent {
  readonly id: string;
  readonly kind: JobKind;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Ids are given before they are seen: as many before the last are looked at once more. */
const OUT_OF_ORDER = 200;
const MOST = 2000;
/** What is read at the first time. */
const RECENT = 300;

export class JobEventReader {
  readonly #db: Kysely<Database>;
  #last: bigint | null = null;
  #seen = new Set<string>();

  readonly #types: readonly string[];

  constructor(db: Kysely<Database>, types: readonly string[]) {
    this.#db = db;
    this.#types = types;
  }

  /** The first time the last few, marked as old; then what is new, each once, oldest first. */
  async read(): Promise<{ readonly events: readonly SaidEvent[]; readonly isOld: boolean }> {
    const isOld = this.#last === null;
    const range =
      this.#last === null
        ? sql`order by job_events.id desc limit ${sql.lit(RECENT)}`
        : sql`and job_events.id > ${String(this.#last - BigInt(OUT_OF_ORDER))}
            order by job_events.id limit ${sql.lit(MOST)}`;
    const { rows } = await sql<SaidEvent>`
      select job_events.id::text as id, jobs.kind, job_events.type, job_events.data
      from job_events join jobs on jobs.id = job_events.job_id
      where job_events.type in (${sql.join(this.#types)}) ${range}`.execute(this.#db);
    if (isOld) rows.reverse();
    const events = rows.filter(({ id }) => !this.#seen.has(id));
    const last = rows.at(-1);
    if (last) this.#last = BigInt(last.id);
    this.#last ??= 0n;
    this.#seen = new Set(rows.slice(-2 * OUT_OF_ORDER).map(({ id }) => id));
    return { events, isOld };
  }
}
