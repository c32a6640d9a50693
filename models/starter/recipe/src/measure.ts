/** What a ranking of each query's candidates is worth. */
import { ndcgAt, reciprocalRankAt } from '@learning-reranker/cross-encoder';
import { blend } from 'learning-reranker';
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

/** What the product would serve at a weight `alpha` of the model's probability. */
export function blended(
  model: readonly ArrayLike<number>[],
  firstStage: readonly ArrayLike<number>[],
  alpha: number,
): number[][] {
  return model.map((scores, at) =>
    blend(Array.from(scores), Array.from(firstStage[at] ?? []), alpha),
  );
}

/** Logits as the probabilities that the product serves. */
export function probabilities(logits: readonly ArrayLike<number>[], shift = 0): number[][] {
  return logits.map((own) => Array.from(own, (logit) => 1 / (1 + Math.exp(-logit - shift))));
}
