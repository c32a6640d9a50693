/** What formats of judgments have in common. */

/** How well a document answers a query: 0 is not at all, 1 to 3 better and better. */
export interface JudgedPair {
  readonly queryId: string;
  readonly documentId: string;
  readonly grade: number;
}

/** A document at its rank in the list that a system gave for a query. */
export interface RankedDocument {
  readonly queryId: string;
  readonly documentId: string;
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  /** Names the system. */
  readonly tag: string;
}
