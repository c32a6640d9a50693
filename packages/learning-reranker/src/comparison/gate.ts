/** The gate: a model goes live only when it is better on held-out queries, beyond chance. */
import { pairedBootstrapDifference } from '@learning-reranker/cross-encoder';
import { ComparisonError } from './systems.js';

/** Fewer queries than this do not show a difference reliably. */
export const MINIMUM_QUERIES = 30;

export interface GateDecision {
  readonly promoted: boolean;
  readonly n: number;
  /** NDCG@10 of the candidate minus that of the live model, with its 95 % interval. */
  readonly difference: { readonly mean: number; readonly lower: number; readonly upper: number };
  readonly reason: string;
}

/**
 * Compares NDCG@10 query by query. The candidate passes when the paired bootstrap's 95 % interval of
 * the difference (10,000 resamples) lies above zero, on at least `minimumQueries` queries.
 *
 * @throws {ComparisonError} when the two have a different number of queries
 */
export function decidePromotion(
  candidate: readonly number[],
  live: readonly number[],
  minimumQueries: number = MINIMUM_QUERIES,
): GateDecision {
  if (candidate.length !== live.length || candidate.length === 0) {
    throw new ComparisonError(
      `The gate compares query by query and needs the same queries on both sides, but got ${candidate.length} and ${live.length}`,
    );
  }
  const { mean, lower, upper } = pairedBootstrapDifference(candidate, live);
  const n = candidate.length;
  const difference = { mean, lower, upper };
  const measured = `NDCG@10 ${signed(mean)} (95 % interval ${signed(lower)} to ${signed(upper)}, n = ${n})`;
  if (n < minimumQueries) {
    const reason = `the gate needs at least ${minimumQueries} held-out queries, and there are ${n}: mine more. ${measured}`;
    return { promoted: false, n, difference, reason };
  }
  if (lower > 0) return { promoted: true, n, difference, reason: `better: ${measured}` };
  const verdict = upper < 0 ? 'worse' : 'not better beyond chance';
  return { promoted: false, n, difference, reason: `${verdict}: ${measured}` };
}

/** NDCG@10 of each query, of the candidate and of the live model. */
export interface GatePair {
  readonly candidate: readonly number[];
  readonly live: readonly number[];
}

/**
 * Decides by the ranking as it is served: blended with the search's own scores. A search that sends no scores
 * gets the model's ranking alone, so the candidate must not be worse there.
 *
 * @throws {ComparisonError} when the two have a different number of queries
 */
export function decideAsServed(
  served: GatePair,
  alone: GatePair,
  minimumQueries: number = MINIMUM_QUERIES,
): GateDecision {
  const decision = decidePromotion(served.candidate, served.live, minimumQueries);
  const unblended = decidePromotion(alone.candidate, alone.live, minimumQueries);
  if (!decision.promoted || unblended.difference.upper >= 0) {
    return { ...decision, reason: `${decision.reason}, as served` };
  }
  const reason = `without search scores ${unblended.reason}; as served ${decision.reason}`;
  return { ...decision, promoted: false, reason };
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
}
