/** Estimates how fast a model scores, so that refused callers know when to try again. */

/** The pace before the first batch: a hundred pairs a second. */
const FIRST_GUESS = { pairs: 1, milliseconds: 10 };
/** How much earlier batches weigh after each batch, so that one unusual batch does not decide alone. */
const KEPT = 0.9;

export class Pace {
  #known = FIRST_GUESS;
  #lastEnd = 0;

  /** Counts a batch. One is sent while another runs: its own time begins where that one ended. */
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
