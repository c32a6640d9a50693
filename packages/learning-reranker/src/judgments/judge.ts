/** Turns counts into judgments with reasons. Ratings decide over clicks. */
import type { FeedbackKind } from '../database/schema.js';
import type { Estimate } from './click-models/click-model.js';
import { clickModel, DEFAULT_CLICK_MODEL } from './click-models/index.js';
import { naive } from './click-models/naive.js';
import { estimatePropensities, type Propensities } from './propensities.js';
import { estimateRelevanceRates, probabilityOfRelevance } from './relevance.js';
import { type DocumentStatistics, type LogStatistics, total } from './statistics.js';

export type JudgmentLabel = 'positive' | 'negative' | 'unsure';

/** The label of one document for one query. */
export interface Judgment {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly documentId: string;
  readonly label: JudgmentLabel;
  /** 0 to 3, as in qrels: 0 for a negative, 1 for clicks, 2 for a good rating, 3 for the best rating. */
  readonly grade: number;
  /** The click model's estimate, 0 to 1. */
  readonly relevance: number;
  /** Clicks per impression, to compare with. */
  readonly naiveRelevance: number;
  readonly from: 'ratings' | 'clicks';
  /** The amount of evidence: the number of ratings, or of impressions that users looked at. */
  readonly weight: number;
  readonly impressions: number;
  readonly clicks: number;
  /** A sentence of counts, without users' texts. */
  readonly reason: string;
  readonly statistics: DocumentStatistics;
}

export interface JudgeOptions {
  /** A name of `clickModelNames()`. */
  readonly clickModel?: string | undefined;
  /** A document with fewer impressions gets no judgment from clicks. */
  readonly minimumImpressions?: number | undefined;
  /** A document with fewer clicks is not relevant by its clicks. */
  readonly minimumClicks?: number | undefined;
}

/** The judgments of one query. */
export interface JudgedQuery {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly judgments: readonly Judgment[];
  /** Documents without a judgment, since they have as many positive as negative ratings. */
  readonly conflicts: readonly Pick<Judgment, 'query' | 'documentId' | 'reason'>[];
}

export interface Judged {
  readonly propensities: Propensities;
  readonly clickModel: string;
  /** Computed query by query on each iteration: all judgments of a long log need more memory than the log. */
  readonly queries: Iterable<JudgedQuery>;
}

/** The lowest probability of relevance of a positive. */
const SURELY_RELEVANT = 0.8;
/** The highest probability of relevance of a negative. */
const HARDLY_RELEVANT = 0.25;
/** A negative needs this many looks. */
const LOOKS_FOR_A_NEGATIVE = 1;

/** The weight below which one user no longer counts as a person. A very active user weighs less than 1. */
const HEARD = 0.2;

/** Whether a weighted count is at least `minimum` people; the last of them may weigh less than 1. */
function reaches(count: number, minimum: number): boolean {
  return count >= minimum - 1 + HEARD;
}

export function judge(log: LogStatistics, options: JudgeOptions = {}): Judged {
  const { minimumImpressions = 1, minimumClicks = 1 } = options;
  const model = clickModel(options.clickModel ?? DEFAULT_CLICK_MODEL);
  const propensities = estimatePropensities(log);
  const estimate = model.fit(log, propensities);
  const naiveEstimate = naive.fit(log, propensities);
  const rates = estimateRelevanceRates(log, estimate);

  function judgeQuery(
    query: string,
    documents: ReadonlyMap<string, DocumentStatistics>,
  ): JudgedQuery {
    const estimated = [...documents].map(
      ([documentId, statistics]) => [documentId, statistics, estimate(statistics)] as const,
    );
    const best = estimated.reduce((most, [, , { relevance }]) => Math.max(most, relevance), 0);
    const judgments: Judgment[] = [];
    const conflicts: JudgedQuery['conflicts'][number][] = [];
    for (const [documentId, statistics, one] of estimated) {
      const { relevance, evidence } = one;
      const base = {
        query,
        documentId,
        relevance,
        naiveRelevance: naiveEstimate(statistics).relevance,
        impressions: rounded(total(statistics.impressions)),
        clicks: rounded(total(statistics.clicks)),
        statistics,
      };
      const rated = byRatings(statistics);
      if (rated?.label === 'unsure') {
        conflicts.push({ query, documentId, reason: `${rated.reason}: no majority` });
      } else if (rated) judgments.push({ ...base, ...rated, from: 'ratings' });
      else if (reaches(total(statistics.impressions), minimumImpressions)) {
        const wasSeen = evidence >= LOOKS_FOR_A_NEGATIVE || reaches(statistics.skipped, 1);
        const judged = byClicks(base, probabilityOfRelevance(asOnePerson(one, statistics), rates), {
          canBePositive: reaches(total(statistics.clicks), minimumClicks),
          canBeNegative: wasSeen && relevance < best,
        });
        judgments.push({ ...base, ...judged, from: 'clicks', weight: evidence });
      }
    }
    return { query, judgments, conflicts };
  }

  const queries = {
    *[Symbol.iterator]() {
      for (const [query, documents] of log.queries) yield judgeQuery(query, documents);
    },
  };
  return { propensities, clickModel: model.name, queries };
}

/** If a single user of low weight saw the document, the user counts as one person. */
function asOnePerson(estimate: Estimate, { impressions }: DocumentStatistics): Estimate {
  const people = total(impressions);
  if (people >= 1 || !reaches(people, 1)) return estimate;
  return {
    ...estimate,
    taken: estimate.taken / people,
    passedOver: estimate.passedOver.map(({ times, propensity }) => ({
      times: times / people,
      propensity,
    })),
  };
}

/** Rounds weighted counts, which are rarely integers. */
function rounded(count: number): number {
  return Math.round(count * 10) / 10;
}

function byClicks(
  { clicks, impressions, relevance }: Pick<Judgment, 'clicks' | 'impressions' | 'relevance'>,
  probability: number,
  { canBePositive, canBeNegative }: { canBePositive: boolean; canBeNegative: boolean },
): Pick<Judgment, 'label' | 'grade' | 'reason'> {
  const counts = `${clicks} clicks in ${impressions} impressions, relevance ${relevance.toFixed(2)}`;
  const relevant = `relevant with probability ${Math.round(100 * probability)} %`;
  if (canBePositive && probability >= SURELY_RELEVANT) {
    return { label: 'positive', grade: 1, reason: `${counts}: ${relevant}` };
  }
  if (canBeNegative && probability <= HARDLY_RELEVANT) {
    const reason = `${counts}: users saw it and preferred others, ${relevant}`;
    return { label: 'negative', grade: 0, reason };
  }
  return { label: 'unsure', grade: 0, reason: `${counts}: not enough evidence, ${relevant}` };
}

/** Three stars are neither good nor bad and do not count. */
const GRADES: Partial<Record<FeedbackKind, number>> = {
  thumbsup: 2,
  star5: 3,
  star4: 2,
  star2: 0,
  star1: 0,
  thumbsdown: 0,
  noclick: 0,
};

/** The judgment of the majority of the ratings; null without ratings. */
function byRatings({
  votes,
}: DocumentStatistics): Pick<Judgment, 'label' | 'grade' | 'reason' | 'weight'> | null {
  if (votes === null) return null;
  const rated = [...votes.values()].flatMap(({ kind, weight }) => {
    const grade = GRADES[kind];
    return grade === undefined ? [] : [{ grade, weight }];
  });
  const good = rated.filter(({ grade }) => grade > 0);
  const weightOf = (all: typeof rated) => all.reduce((sum, { weight }) => sum + weight, 0);
  const weight = weightOf(rated);
  if (!reaches(weight, 1)) return null;
  const badWeight = weight - weightOf(good);
  const someWeighLess = rated.some((one) => one.weight < 1);
  const reason =
    `${good.length} positive and ${rated.length - good.length} negative ratings` +
    (someWeighLess ? '; those of very active users count less' : '');
  if (weightOf(good) === badWeight) return { label: 'unsure', grade: 0, reason, weight };
  if (weightOf(good) < badWeight) return { label: 'negative', grade: 0, reason, weight };
  return { label: 'positive', grade: Math.max(...good.map(({ grade }) => grade)), reason, weight };
}
