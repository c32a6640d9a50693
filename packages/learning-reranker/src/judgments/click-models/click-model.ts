/** Describes a click model: it estimates from counts how relevant a document is to a query. */
import type { Propensities } from '../propensities.js';
import type { DocumentStatistics, LogStatistics } from '../statistics.js';

export interface Estimate {
  /** 0 to 1. */
  readonly relevance: number;
  /** How many impressions the estimate rests on. A low number is weak evidence. */
  readonly evidence: number;
  /** How often a user took the document. */
  readonly taken: number;
  /** How often users did not take it, by the probability that they looked at it. */
  readonly passedOver: readonly PassedOver[];
}

export interface PassedOver {
  readonly times: number;
  /** The probability that a user looks at it, 0 to 1. */
  readonly propensity: number;
}

export interface ClickModel {
  readonly name: string;
  /** What the model assumes and when to choose it. */
  readonly description: string;
  /** The paper it comes from. */
  readonly source: string;
  /** Fits the model to the totals of a log. The result estimates one document from its counts. */
  fit(log: LogStatistics, propensities: Propensities): (document: DocumentStatistics) => Estimate;
}

/** The impressions without a click at each rank, with the propensity of that rank. */
export function passedOverByRank(
  { impressions, clicks }: DocumentStatistics,
  propensityOf: (rank: number) => number,
): PassedOver[] {
  return impressions.flatMap((shown, rank) => {
    const times = (shown ?? 0) - (clicks[rank] ?? 0);
    return times > 0 ? [{ times, propensity: propensityOf(rank) }] : [];
  });
}
