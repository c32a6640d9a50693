/** Finds the same query sent again and again by one client: a script, or somebody who tries something out. */

/** More of the same query by one client within a minute is no search of a person. */
const MOST_A_MINUTE = 10;
const WINDOW_MS = 60_000;
/** Clients and queries remembered; the oldest are forgotten first. */
const REMEMBERED = 20_000;

export class BurstDetector {
  readonly #recent = new Map<string, number[]>();

  /** Whether this search is one too many. Without a client nobody can tell. */
  isBurst(client: string | undefined, query: string, time: Date): boolean {
    if (client === undefined) return false;
    const key = `${client}\n${query}`;
    const now = time.getTime();
    const times = (this.#recent.get(key) ?? []).filter((one) => Math.abs(now - one) < WINDOW_MS);
    times.push(now);
    this.#recent.delete(key);
    this.#recent.set(key, times.slice(-MOST_A_MINUTE - 1));
    if (this.#recent.size > REMEMBERED) {
      const [oldest] = this.#recent.keys();
      this.#recent.delete(oldest as string);
    }
    return times.length > MOST_A_MINUTE;
  }
}
