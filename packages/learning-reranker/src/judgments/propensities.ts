/** Estimates from the log how likely users look at each rank. */
import { LAST_RANK, type LogStatistics } from './statistics.js';

export interface Propensities {
  /** By rank, 1 for rank 1; index 0 is unused. */
  readonly byRank: readonly number[];
  /**
   * `harvested`: from documents that were shown at several ranks, with no assumption about the ranking.
   * `click-through`: from all clicks by rank, as if relevance did not depend on rank. It underestimates
   * the lower ranks.
   */
  readonly method: 'harvested' | 'click-through';
}

/** With a lower propensity, a single click would outweigh a page of others. */
const LOWEST = 0.05;
/** The estimate of the ratio of two ranks needs this many impressions at both. */
const ENOUGH = 100;

/**
 * Intervention harvesting: if a document is shown for the same query at two ranks, only the rank differs, so the
 * ratio of its click-through rates is the ratio of the propensities (Agarwal et al., WSDM 2019, adjacent-chain
 * estimator). The weight of a query-document pair is the smaller of its two numbers of impressions.
 */
export function estimatePropensities(statistics: LogStatistics): Propensities {
  const last = lastShownRank(statistics);
  const byRank = [0, 1];
  for (let rank = 2; rank <= last; rank++) {
    const ratio = ratioOfRanks(statistics, rank - 1, rank);
    if (ratio === null)
      return rank <= 3 ? fromClickThrough(statistics, last) : extended(byRank, last);
    byRank[rank] = clip((byRank[rank - 1] as number) * ratio);
  }
  return { byRank, method: 'harvested' };
}

function ratioOfRanks({ queries }: LogStatistics, upper: number, lower: number): number | null {
  let upperClicks = 0;
  let lowerClicks = 0;
  let weight = 0;
  for (const documents of queries.values()) {
    for (const { impressions, clicks } of documents.values()) {
      const above = impressions[upper] ?? 0;
      const below = impressions[lower] ?? 0;
      const pairs = Math.min(above, below);
      if (pairs === 0) continue;
      weight += pairs;
      upperClicks += (pairs * (clicks[upper] ?? 0)) / above;
      lowerClicks += (pairs * (clicks[lower] ?? 0)) / below;
    }
  }
  return weight < ENOUGH || upperClicks === 0 ? null : Math.min(1, lowerClicks / upperClicks);
}

/** Ranks with too few impressions get the propensity of the last rank that has enough. */
function extended(byRank: readonly number[], last: number): Propensities {
  const lowest = byRank.at(-1) as number;
  const rest = new Array<number>(Math.max(0, last + 1 - byRank.length)).fill(lowest);
  return { byRank: [...byRank, ...rest], method: 'harvested' };
}

function fromClickThrough(
  { impressionsAtRank, clicksAtRank }: LogStatistics,
  last: number,
): Propensities {
  const rate = (rank: number) =>
    ((clicksAtRank[rank] ?? 0) + 1) / ((impressionsAtRank[rank] ?? 0) + 10);
  const byRank = [0, 1];
  for (let rank = 2; rank <= last; rank++) {
    byRank[rank] = clip(Math.min(byRank[rank - 1] as number, rate(rank) / rate(1)));
  }
  return { byRank, method: 'click-through' };
}

function lastShownRank({ impressionsAtRank }: LogStatistics): number {
  for (let rank = LAST_RANK; rank > 1; rank--) if ((impressionsAtRank[rank] ?? 0) > 0) return rank;
  return 1;
}

function clip(propensity: number): number {
  return Math.min(1, Math.max(LOWEST, propensity));
}
