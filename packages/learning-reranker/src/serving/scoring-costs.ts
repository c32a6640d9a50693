/** Where the time of a request went, in milliseconds. */
export interface ScoringCosts {
  /** Until its first batch began. */
  readonly queueMs: number;
  readonly tokenizeMs: number;
  readonly inferenceMs: number;
}
