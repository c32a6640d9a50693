/** Candidate lists with known relevant documents, and scorers of known quality. */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { CandidateList } from '../../src/comparison/index.js';

/** `count` queries with 50 candidates each; one of them, anywhere, is relevant. */
export function makeLists(count: number, seed = 1): CandidateList[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, query) => {
    const relevant = random.nextInt(50);
    return {
      query: `query ${query}`,
      candidates: Array.from({ length: 50 }, (_, rank) => ({
        id: `document ${query}-${rank}`,
        text: `text ${query}-${rank}`,
        retrievalScore: 50 - rank,
        grade: rank === relevant ? 1 : 0,
      })),
      relevantGrades: [1],
    };
  });
}

/** Uniform scores in 0..1, the relevant document's raised by `quality`: 0 is a random scorer, 1 is perfect. */
export function scoresOfQuality(
  lists: readonly CandidateList[],
  quality: number,
  seed: number,
): number[][] {
  const random = new SeededRandom(seed);
  return lists.map(({ candidates }) =>
    candidates.map(
      ({ grade }) => random.nextInt(1_000_000) / 1_000_000 + (grade > 0 ? quality : 0),
    ),
  );
}
