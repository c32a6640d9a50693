/** Groups the writes that arrive during another write into one statement, so that many small writes cost as much as a large one. */
import { isDatabaseAway } from '../database/unreachable.js';
import type { Texts } from './inserting.js';

/** The most rows in a group. A larger batch is written on its own. */
const MOST_TOGETHER = 2000;

interface Waiting<Row> {
  readonly texts: Texts;
  readonly rows: readonly Row[];
  resolve(accepted: readonly Row[]): void;
  reject(error: unknown): void;
}

/** Returns the keys of the new rows. */
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

  /** Resolves with the new rows once they are stored. */
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
   * Writes a failed group again one by one, so that an invalid batch fails alone. If the database is away, all fail
   * at once, since each attempt may last until the connection times out.
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
      // If two batches contain the same row, the row is new in the first.
      for (const { rows, resolve } of group) {
        resolve(rows.filter((row) => isNew.delete(this.#keyOf(row))));
      }
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) for (const one of group) one.reject(error);
      else for (const one of group) await this.#writeGroup([one]);
    }
  }
}
