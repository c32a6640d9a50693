/** Keeps what reranking showed, a little later and many at once, so that no answer waits for the database. */
import { type SearchInput, searchSchema } from './schema.js';
import type { FeedbackStore } from './store.js';

const EVERY_MS = 200;
const AT_ONCE = 200;
/** Searches that may wait while the database does not answer; later ones are not kept. */
const MOST_WAITING = 5000;

export class ShownLog {
  readonly #store: FeedbackStore;
  readonly #onLost: (count: number, error: unknown) => void;
  #waiting: SearchInput[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: FeedbackStore, onLost: (count: number, error: unknown) => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  add(search: SearchInput): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#onLost(1, new Error('too many searches wait for the database'));
      return;
    }
    this.#waiting.push(search);
    if (this.#waiting.length >= AT_ONCE) void this.flush();
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

  /** A list longer than is kept is cut; what cannot be kept is told of and not tried again. */
  async #write(waiting: readonly SearchInput[]): Promise<void> {
    const searches = waiting.flatMap((search) => {
      const documents = search.documents.slice(0, 1000);
      const parsed = searchSchema.safeParse({ ...search, documents });
      return parsed.success ? [parsed.data] : [];
    });
    try {
      if (searches.length > 0) await this.#store.recordSearches(searches);
    } catch (error) {
      this.#onLost(searches.length, error);
    }
  }
}
