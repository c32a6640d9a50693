/** Blends the model's score with the retrieval score, both in 0..1. */
import { settingDefinitions } from '../config/index.js';
import type { CandidateList } from './candidates.js';
import { meanMetric } from './metrics.js';

/**
 * BM25's unbounded scores scaled to 0..1 within one list: the best is 1, the worst 0, and equal scores are 0.5.
 * The model's score is not scaled: it is a probability and means the same in every list.
 */
export function scaleRetrieval(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  const lowest = Math.min(...scores);
  if (highest === lowest) return scores.map(() => 0.5);
  // Halved first: the difference of two finite numbers can be infinite.
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

/** The weight with the highest NDCG@10 on these (dev) queries; the largest of equally good ones. */
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

/** The weight when none is set and none was measured. */
const USUAL_ALPHA = Number(settingDefinitions.alpha.fallback);

/** The weight to serve with: the setting, or with `auto` the weight found on dev queries. */
export function servedAlpha(setting: number | 'auto', found: number | null | undefined): number {
  return setting === 'auto' ? (found ?? USUAL_ALPHA) : setting;
}
