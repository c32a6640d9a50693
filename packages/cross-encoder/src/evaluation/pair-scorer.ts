/** Whatever can score (query, document) pairs: a `CrossEncoder`, a baseline, a stand-in for a test. */
export interface PairScorer {
  /** One score a pair, in the order given; higher is more relevant. */
  predict(pairs: readonly (readonly [string, string])[]): Promise<ArrayLike<number>>;
}
