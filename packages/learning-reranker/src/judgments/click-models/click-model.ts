/** What every click model is: from counts to how relevant a document is to a query. */
import type { Propensities } from '../propensities.js';
import type { DocumentStatistics, LogStatistics } from '../statistics.js';

export interface Estimate {
  /** 0 to 1. */
  readonly relevance: number;
  /** How much was seen of it, in impressions' worth; little of it is little proof. */
  readonly evidence: number;
  /** How often somebody took it. */
  readonly taken: number;
  /** How often nobody did, by how likely it was looked at then. */
  readonly passedOver: readonly PassedOver[];
}

export interface PassedOver {
  readonly times: number;
  /** 0 to 1. */
  readonly propensity: number;
}

export interface ClickModel {
  readonly name: string;
  /** What it takes for granted and when to choose it. */
  readonly description: string;
  /** The paper it comes from. */
  readonly source: string;
  /** A function of one document's counts, for a log with these totals. */
  fit(log: LogStatistics, propensities: Propensities): (document: DocumentStatistics) => Estimate;
}

/** What passed a document over at each rank, of which this share of people look at it. */
export function passedOverByRank(
  { impressions, clicks }: DocumentStatistics,
  propensityOf: (rank: number) => number,
): PassedOver[] {
  return impressions.flatMap((shown, rank) => {
    const times = (shown ?? 0) - (clicks[rank] ?? 0);
    return times > 0 ? [{ times, propensity: propensityOf(rank) }] : [];
  });
}
