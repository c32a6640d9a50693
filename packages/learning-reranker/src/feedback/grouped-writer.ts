/** Writes what comes while another write is under way together: many who send one row each cost as one who sends many. */
import { isDatabaseAway } from '../database/unreachable.js';
import type { Texts } from './inserting.js';

/** Rows of one statement; a batch that is larger is written by itself. */
const MOST_TOGETHER = 2000;

interface Waiting<Row> {
  readonly texts: Texts;
  readonly rows: readonly Row[];
  resolve(accepted: readonly Row[]): void;
  reject(error: unknown): void;
}

/** `insert` gives the keys of the rows that were new. */
type Insert<Row> = (texts: Texts, rows: readonly Row[]) => Promise<readonly string[]>;

export class GroupedWriter<Row> {
  readonly #insert: Insert<Row>;
  readonly #keyOf: (row: Row) => string;
  readonly #waiting: Waiting<Row>[] = [];
  #isWriting = false;

  constructor(insert: Insert<Row>, keyOf: (row: Row) => string) {
    this.#insert = insert;
    this.#keyOf = keyOf;
  }

  /** Those of the rows that were new, once they are kept. */
  write(texts: Texts, rows: readonly Row[]): Promise<readonly Row[]> {
    const written = new Promise<readonly Row[]>((resolve, reject) => {
      this.#waiting.push({ texts, rows, resolve, reject });
    });
    if (!this.#isWriting) void this.#writeAll();
    return written;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) await this.#writeGroup(this.#nextGroup());
    this.#isWriting = false;
  }

  #nextGroup(): Waiting<Row>[] {
    let size = 0;
    let count = 0;
    for (const { rows } of this.#waiting) {
      size += rows.length;
      if (count > 0 && size > MOST_TOGETHER) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  /**
   * A group that is refused is tried again one by one: nobody answers for what another sent. Where the database is
   * away all are told at once, since each attempt may take as long as it takes to give up a connection.
   */
  async #writeGroup(group: readonly Waiting<Row>[]): Promise<void> {
    const texts = new Map(group.flatMap((one) => [...one.texts]));
    try {
      const isNew = new Set(
        await this.#insert(
          texts,
          group.flatMap(({ rows }) => rows),
        ),
      );
      // Of two who send the same the first has it.
      for (const { rows, resolve } of group) {
        resolve(rows.filter((row) => isNew.delete(this.#keyOf(row))));
      }
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) for (const one of group) one.reject(error);
      else for (const one of group) await this.#writeGroup([one]);
    }
  }
}
