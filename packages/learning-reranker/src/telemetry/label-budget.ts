/** Keeps label values few: a metric's series live as long as the process, whatever a caller sends. */

/** Stands for every value beyond the budget. */
export const OTHER = 'other';

/** Lets the first `most` values through as they are, and all later ones as `other`. */
export class LabelBudget {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  value(name: string | null | undefined): string {
    if (name === null || name === undefined || name === '') return 'none';
    if (this.#known.has(name)) return name;
    if (this.#known.size >= this.#most) return OTHER;
    this.#known.add(name);
    return name;
  }
}
