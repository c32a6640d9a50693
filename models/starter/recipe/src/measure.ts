/** What a ranking of each query's candidates is worth. */
import { ndcgAt, reciprocalRankAt } from '@learning-reranker/cross-encoder';
import type { RankedQuery } from './evaluation-sets.js';

export interface Measured {
  /** One value a query. */
  readonly ndcg: number[];
  readonly mrr: number[];
}

/** Relevant documents that the first stage missed count as missed. */
export function measure(
  queries: readonly RankedQuery[],
  scores: readonly ArrayLike<number>[],
): Measured {
  const ndcg: number[] = [];
  const mrr: number[] = [];
  queries.forEach(({ candidates, relevant }, at) => {
    const grades = candidates.map((document) => relevant.get(document) ?? 0);
    const own = scores[at] ?? [];
    ndcg.push(ndcgAt(10, own, grades, { idealGrades: [...relevant.values()] }));
    mrr.push(reciprocalRankAt(10, own, grades));
  });
  return { ndcg, mrr };
}

/** `alpha` of the model's score and the rest of the first stage's, each on 0..1 within its list. */
export function blended(
  model: readonly ArrayLike<number>[],
  firstStage: readonly ArrayLike<number>[],
  alpha: number,
): number[][] {
  return model.map((scores, at) => {
    const a = onUnitRange(scores);
    const b = onUnitRange(firstStage[at] ?? []);
    return a.map((score, place) => alpha * score + (1 - alpha) * (b[place] ?? 0));
  });
}

function onUnitRange(scores: ArrayLike<number>): number[] {
  const values = Array.from(scores);
  const lowest = Math.min(...values);
  const range = Math.max(...values) - lowest;
  return values.map((value) => (range > 0 ? (value - lowest) / range : 0));
}
