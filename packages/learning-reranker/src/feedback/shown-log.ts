/** Stores reranked lists in batches and later, so that no answer waits for the database. */
import { isDatabaseAway } from '../database/unreachable.js';
import { type Search, type SearchInput, searchSchema } from './schema.js';
import type { FeedbackStore } from './store.js';

const EVERY_MS = 200;
const AT_ONCE = 200;
/** The wait before the next attempt if the database is away. */
const AGAIN_MS = 1000;
/** The most searches that wait while the database does not answer. Further ones are lost. */
const MOST_WAITING = 5000;
const MOST_DOCUMENTS = 1000;
/** More than the store keeps of a text, and less than the schema refuses. */
const LONGEST_TEXT = 100_000;

export class ShownLog {
  readonly #store: FeedbackStore;
  readonly #onLost: (count: number, error: unknown) => void;
  #waiting: (() => SearchInput)[] = [];
  /** Waiting searches and those in the current write. */
  #pending = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isAway = false;
  #closing = false;

  constructor(store: FeedbackStore, onLost: (count: number, error: unknown) => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  /** Calls `search` at the time of the write, so that no answer waits for it. */
  add(search: () => SearchInput): void {
    if (this.#pending >= MOST_WAITING) {
      this.#onLost(
        1,
        new Error(
          `${MOST_WAITING} searches wait for the database; further searches are not logged.`,
        ),
      );
      return;
    }
    this.#pending++;
    this.#waiting.push(search);
    if (this.#waiting.length >= AT_ONCE && !this.#isAway) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Writes all waiting searches. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) this.#writing = this.#writing.then(() => this.#write(waiting));
    return this.#writing;
  }

  /** Writes all waiting searches without a further attempt: a service that stops does not wait for the database. */
  close(): Promise<void> {
    this.#closing = true;
    return this.flush();
  }

  /**
   * If the database is away, searches wait for the next attempt. Those that cannot be stored are reported and
   * dropped. There is one call for each search, since the store groups them.
   */
  async #write(waiting: readonly (() => SearchInput)[]): Promise<void> {
    const written = await Promise.allSettled(
      waiting.map(async (search) => this.#store.recordSearches([keepable(search())])),
    );
    const again: (() => SearchInput)[] = [];
    const lost: unknown[] = [];
    written.forEach((one, at) => {
      const search = waiting[at];
      if (one.status === 'fulfilled' || search === undefined) return;
      if (isDatabaseAway(one.reason) && !this.#closing) again.push(search);
      else lost.push(one.reason);
    });
    if (lost.length > 0) this.#onLost(lost.length, lost[0]);
    this.#pending -= waiting.length - again.length;
    this.#isAway = again.length > 0;
    if (!this.#isAway) return;
    this.#waiting.unshift(...again);
    this.#timer ??= setTimeout(() => void this.flush(), AGAIN_MS).unref();
  }
}

/** Cuts long lists and texts. @throws {z.ZodError} */
function keepable(search: SearchInput): Search {
  const cut = (text: string) => text.slice(0, LONGEST_TEXT);
  return searchSchema.parse({
    ...search,
    query: cut(search.query),
    documents: search.documents.slice(0, MOST_DOCUMENTS).map((document) => ({
      ...document,
      ...(document.text !== undefined && { text: cut(document.text) }),
    })),
  });
}
