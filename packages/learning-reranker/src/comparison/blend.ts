/** Blends the model's score with the retrieval score, both on 0..1. */
import { settingDefinitions } from '../config/index.js';
import type { CandidateList } from './candidates.js';
import { meanMetric } from './metrics.js';

/**
 * BM25's unbounded scores on 0..1 within one list: the best is 1, the worst 0; all equal are 0.5.
 * The model's own score needs no such thing: it is a probability and means the same in every list.
 */
export function scaleRetrieval(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const lowest = Math.min(...scores);
  if (highest === lowest) return scores.map(() => 0.5);
  // Halved before they are subtracted: the range of two that are finite may not be.
  const range = highest / 2 - lowest / 2;
  return scores.map((score) => (score / 2 - lowest / 2) / range);
}

/** alpha * model + (1 - alpha) * retrieval, for the candidates of one list. */
export function blend(
  modelScores: readonly number[],
  retrievalScores: readonly number[],
  alpha: number,
): number[] {
  const retrieval = scaleRetrieval(retrievalScores);
  return modelScores.map((score, index) => alpha * score + (1 - alpha) * (retrieval[index] ?? 0));
}

export function blendLists(
  lists: readonly CandidateList[],
  modelScores: readonly (readonly number[])[],
  alpha: number,
): number[][] {
  return lists.map(({ candidates }, list) =>
    blend(
      modelScores[list] ?? [],
      candidates.map(({ retrievalScore }) => retrievalScore),
      alpha,
    ),
  );
}

const STEPS = 20;

/** The weight with the highest NDCG@10 on these (dev) queries; of equal ones the largest. */
export function bestAlpha(
  lists: readonly CandidateList[],
  modelScores: readonly (readonly number[])[],
): number {
  let best = 1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let step = STEPS; step >= 0; step--) {
    const alpha = step / STEPS;
    const value = meanMetric(lists, blendLists(lists, modelScores, alpha), 'NDCG@10');
    if (value > highest) {
      highest = value;
      best = alpha;
    }
  }
  return best;
}

/** The weight where nobody chose one and none was measured. */
const USUAL_ALPHA = Number(settingDefinitions.alpha.fallback);

/** The weight to serve with: a number as it was set; with `auto` what was found on dev queries. */
export function servedAlpha(setting: number | 'auto', found: number | null | undefined): number {
  return setting === 'auto' ? (found ?? USUAL_ALPHA) : setting;
}
