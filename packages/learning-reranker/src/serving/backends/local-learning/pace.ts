/** How fast a host scores, so that whoever is sent away hears when there will be room. */

/** What is taken for granted until a batch has ended: some hundred pairs a second. */
const FIRST_GUESS = { pairs: 1, milliseconds: 10 };
/** How much of what was known a batch leaves standing: one of few or long pairs does not decide alone. */
const KEPT = 0.9;

export class Pace {
  #known = FIRST_GUESS;
  #lastEnd = 0;

  /** Tells of a batch. One is sent while another runs: its own time begins where that one ended. */
  ended(pairs: number, began: number, now: number): void {
    const own = now - Math.max(began, this.#lastEnd);
    this.#lastEnd = now;
    this.#known = {
      pairs: this.#known.pairs * KEPT + pairs,
      milliseconds: this.#known.milliseconds * KEPT + own,
    };
  }

  secondsFor(pairs: number): number {
    return ((pairs / this.#known.pairs) * this.#known.milliseconds) / 1000;
  }
}
