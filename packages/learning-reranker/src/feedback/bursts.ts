/** Finds the same query sent again and again by one client: a script, or somebody who tries something out. */

/** More of the same query by one client within a minute is no search of a person. */
const MOST_A_MINUTE = 10;
const WINDOW_MS = 60_000;
/** Clients and queries remembered at least; the oldest are forgotten together, since a Map that loses its first entry one by one is slow. */
const REMEMBERED = 20_000;

/** A search as far as bursts are concerned. */
export interface SentQuery {
  /** A search that is sent twice is one search. */
  readonly eventId: string;
  /** Without one nobody can tell. */
  readonly client: string | undefined;
  readonly query: string;
  readonly time: Date;
}

interface Sent {
  readonly eventId: string;
  readonly time: number;
}

export class BurstDetector {
  #recent = new Map<string, readonly Sent[]>();
  #older: ReadonlyMap<string, readonly Sent[]> = new Map();

  /** Whether this search is one too many. */
  isBurst({ eventId, client, query, time }: SentQuery): boolean {
    if (client === undefined) return false;
    const key = `${client}\n${query}`;
    const now = time.getTime();
    const others = (this.#recent.get(key) ?? this.#older.get(key) ?? []).filter(
      (one) => Math.abs(now - one.time) < WINDOW_MS && one.eventId !== eventId,
    );
    const sent = [...others, { eventId, time: now }];
    this.#recent.set(key, sent.slice(-MOST_A_MINUTE - 1));
    if (this.#recent.size >= REMEMBERED) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    return sent.length > MOST_A_MINUTE;
  }
}
