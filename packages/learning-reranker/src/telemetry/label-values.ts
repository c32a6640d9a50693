/** Limits the values of a metric label: every value is a series that lives as long as the process. */

/** Replaces a value that has no series of its own. */
export const OTHER = 'other';

export class LabelValues {
  readonly #named: Set<string>;
  #spare: number;

  /** All `names` have their own series. So have the first `spare` values that are not among them. */
  constructor(names: Iterable<string>, { spare = 0 }: { readonly spare?: number } = {}) {
    this.#named = new Set(names);
    this.#spare = spare;
  }

  /** The value itself, `other` for one too many, and `none` where there is no value. */
  of(value: string | null | undefined): string {
    if (value === null || value === undefined || value === '') return 'none';
    if (this.#named.has(value)) return value;
    if (this.#spare === 0) return OTHER;
    this.#spare -= 1;
    this.#named.add(value);
    return value;
  }
}
