/** Keeps what reranking showed, a little later and many at once, so that no answer waits for the database. */
import { isDatabaseAway } from '../database/unreachable.js';
import { type Search, type SearchInput, searchSchema } from './schema.js';
import type { FeedbackStore } from './store.js';

const EVERY_MS = 200;
const AT_ONCE = 200;
/** Until the next attempt, where the database was away. */
const AGAIN_MS = 1000;
/** Searches that may wait while the database does not answer; later ones are not kept. */
const MOST_WAITING = 5000;
const MOST_DOCUMENTS = 1000;
/** More than is kept of a text, and less than a search is refused for. */
const LONGEST_TEXT = 100_000;

export class ShownLog {
  readonly #store: FeedbackStore;
  readonly #onLost: (count: number, error: unknown) => void;
  #waiting: (() => SearchInput)[] = [];
  /** With those that are being written. */
  #pending = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isAway = false;
  #closing = false;

  constructor(store: FeedbackStore, onLost: (count: number, error: unknown) => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  /** `search` is called when it is written: no answer waits for what is made of it either. */
  add(search: () => SearchInput): void {
    if (this.#pending >= MOST_WAITING) {
      this.#onLost(1, new Error('too many searches wait for the database'));
      return;
    }
    this.#pending++;
    this.#waiting.push(search);
    if (this.#waiting.length >= AT_ONCE && !this.#isAway) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length > 0) this.#writing = this.#writing.then(() => this.#write(waiting));
    return this.#writing;
  }

  /** Writes what waits, once more at most: a service that stops does not wait for a database. */
  close(): Promise<void> {
    this.#closing = true;
    return this.flush();
  }

  /**
   * What a database that is away did not take waits on; what cannot be kept is told of and not tried
   * again. Each for itself: the store writes them together.
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

/** A longer list is cut, and so is a longer text. @throws {z.ZodError} */
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
