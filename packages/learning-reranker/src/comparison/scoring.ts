/** Scores all candidates of all lists with a model. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import type { CandidateList } from './candidates.js';

interface ScoringOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Pairs given to the model at once: enough to sort by length, few enough to show progress. */
const CHUNK = 512;

/** One array of scores for each list, in the order of its candidates. */
export async function scoreLists(
  lists: readonly CandidateList[],
  model: PairScorer,
  { signal, onProgress }: ScoringOptions = {},
): Promise<number[][]> {
  const pairs = lists.flatMap(({ query, candidates }) =>
    candidates.map(({ text }) => [query, text] as const),
  );
  const scores: number[] = [];
  onProgress?.(0, pairs.length);
  for (let from = 0; from < pairs.length; from += CHUNK) {
    signal?.throwIfAborted();
    scores.push(...Array.from(await model.predict(pairs.slice(from, from + CHUNK))));
    onProgress?.(scores.length, pairs.length);
  }
  let next = 0;
  return lists.map(({ candidates }) => candidates.map(() => scores[next++] as number));
}
