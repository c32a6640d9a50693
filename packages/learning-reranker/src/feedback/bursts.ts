/** Detects bursts: one client that sends the same query too often, such as a script. */

/** A person does not send the same query more often in a minute. */
const MOST_A_MINUTE = 10;
const WINDOW_MS = 60_000;
/** Keeps at least this many pairs of a client and a query. Drops old pairs in bulk: removing a Map's first entry each time is slow. */
const REMEMBERED = 20_000;

export interface SentQuery {
  /** The same search may arrive twice and counts once. */
  readonly eventId: string;
  /** Without a client, a search is never part of a burst. */
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

  /** Records a search. Returns whether its client sent the query too often. */
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
