/** Turns counts into judgments with reasons. Ratings take precedence over clicks. */
import type { FeedbackKind } from '../database/index.js';
import { estimateAnswerRates, probabilityOfAnswer } from './answers.js';
import type { Estimate } from './click-models/click-model.js';
import { clickModel, DEFAULT_CLICK_MODEL } from './click-models/index.js';
import { naive } from './click-models/naive.js';
import { estimatePropensities, type Propensities } from './propensities.js';
import { type DocumentStatistics, type LogStatistics, total } from './statistics.js';

export type JudgmentLabel = 'positive' | 'negative' | 'unsure';

/** The judgment of a document for a query. */
export interface Judgment {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly documentId: string;
  readonly label: JudgmentLabel;
  /** 0 to 3, as qrels have it: 0 for negatives, 1 clicked, 2 liked, 3 rated best. */
  readonly grade: number;
  /** The click model's estimate, 0 to 1. */
  readonly relevance: number;
  /** The estimate by clicks per impression. */
  readonly naiveRelevance: number;
  readonly from: 'ratings' | 'clicks';
  /** The evidence: the number of users who rated it, or of impressions that count as looks. */
  readonly weight: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Counts that explain the judgment, without any text of users. */
  readonly reason: string;
  readonly statistics: DocumentStatistics;
}

export interface JudgeOptions {
  /** A name of `clickModelNames()`. */
  readonly clickModel?: string | undefined;
  /** Impressions that a document needs before it is judged by clicks. */
  readonly minimumImpressions?: number | undefined;
  /** Clicks that a document needs before it counts as relevant. */
  readonly minimumClicks?: number | undefined;
}

/** The judgments of the documents of one query. */
export interface JudgedQuery {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly judgments: readonly Judgment[];
  /** Documents with as many likes as dislikes, with the reason. They get no judgment. */
  readonly conflicts: readonly Pick<Judgment, 'query' | 'documentId' | 'reason'>[];
}

export interface Judged {
  readonly propensities: Propensities;
  readonly clickModel: string;
  /** Computed during each iteration, because all judgments of a long log take more memory than the log. */
  readonly queries: Iterable<JudgedQuery>;
}

/** The lowest probability of a positive. */
const SURELY_ANSWERS = 0.8;
/** The highest probability of a negative. */
const HARDLY_ANSWERS = 0.25;
/** Looks that a document needs before the absence of clicks makes it a negative. */
const LOOKS_FOR_A_NEGATIVE = 1;

/** The weight below which one user no longer counts as a person. A very active user weighs less than 1. */
const HEARD = 0.2;

/** Whether a weighted count reaches `minimum` users, where the last user may weigh less than 1. */
function reaches(count: number, minimum: number): boolean {
  return count >= minimum - 1 + HEARD;
}

export function judge(log: LogStatistics, options: JudgeOptions = {}): Judged {
  const { minimumImpressions = 1, minimumClicks = 1 } = options;
  const model = clickModel(options.clickModel ?? DEFAULT_CLICK_MODEL);
  const propensities = estimatePropensities(log);
  const estimate = model.fit(log, propensities);
  const naiveEstimate = naive.fit(log, propensities);
  const rates = estimateAnswerRates(log, estimate);

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
      const impressions = rounded(total(statistics.impressions));
      const clicks = rounded(total(statistics.clicks));
      const base = {
        query,
        documentId,
        relevance,
        naiveRelevance: naiveEstimate(statistics).relevance,
        impressions,
        clicks,
        statistics,
      };
      const rated = ratingOf(statistics);
      if (rated?.label === 'unsure') {
        conflicts.push({ query, documentId, reason: `${rated.reason}: as many as not` });
      } else if (rated) judgments.push({ ...base, ...rated, from: 'ratings' });
      else if (reaches(total(statistics.impressions), minimumImpressions)) {
        const judged = byClicks({
          relevance,
          probability: probabilityOfAnswer(asHeard(one, statistics), rates),
          othersArePreferred: relevance < best,
          clicks,
          wasSeen: evidence >= LOOKS_FOR_A_NEGATIVE || reaches(statistics.skipped, 1),
          impressions,
          hasEnoughClicks: reaches(total(statistics.clicks), minimumClicks),
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

interface Counted {
  readonly relevance: number;
  /** That it is relevant. */
  readonly probability: number;
  readonly othersArePreferred: boolean;
  readonly clicks: number;
  readonly wasSeen: boolean;
  readonly impressions: number;
  readonly hasEnoughClicks: boolean;
}

/** A single user who saw a document has weight 1, even if that user weighs less beside others. */
function asHeard(estimate: Estimate, { impressions }: DocumentStatistics): Estimate {
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

function byClicks({
  relevance,
  probability,
  othersArePreferred,
  clicks,
  wasSeen,
  impressions,
  hasEnoughClicks,
}: Counted): Pick<Judgment, 'label' | 'grade' | 'reason'> {
  const counts = `${clicks} clicks in ${impressions} impressions, relevance ${relevance.toFixed(2)}`;
  const percent = `${Math.round(100 * probability)} %`;
  if (hasEnoughClicks && probability >= SURELY_ANSWERS) {
    return { label: 'positive', grade: 1, reason: `${counts}: answers with ${percent}` };
  }
  if (probability <= HARDLY_ANSWERS && wasSeen && othersArePreferred) {
    return {
      label: 'negative',
      grade: 0,
      reason: `${counts}: seen, others were preferred, answers with ${percent}`,
    };
  }
  return { label: 'unsure', grade: 0, reason: `${counts}: too little to tell, ${percent}` };
}

const GRADES: Partial<Record<FeedbackKind, number>> = {
  thumbsup: 2,
  star5: 3,
  star4: 2,
  star2: 0,
  star1: 0,
  thumbsdown: 0,
  noclick: 0,
};

/** The judgment of most users who rated a document. Three stars are neither good nor bad and are ignored. */
function ratingOf({
  votes,
}: DocumentStatistics): Pick<Judgment, 'label' | 'grade' | 'reason' | 'weight'> | null {
  if (votes === null) return null;
  const rated = [...votes.values()].flatMap(({ kind, weight }) => {
    const grade = GRADES[kind];
    return grade === undefined ? [] : [{ grade, weight }];
  });
  const liked = rated.filter(({ grade }) => grade > 0);
  const weightOf = (all: typeof rated) => all.reduce((sum, { weight }) => sum + weight, 0);
  const weight = weightOf(rated);
  if (!reaches(weight, 1)) return null;
  const disliked = weight - weightOf(liked);
  const someCountLess = rated.some((one) => one.weight < 1);
  const said = {
    reason:
      `${liked.length} people rate it well, ${rated.length - liked.length} badly` +
      (someCountLess ? '; who does much more than others counts for less' : ''),
    weight,
  };
  if (weightOf(liked) === disliked) return { label: 'unsure', grade: 0, ...said };
  if (weightOf(liked) < disliked) return { label: 'negative', grade: 0, ...said };
  return { label: 'positive', grade: Math.max(...liked.map(({ grade }) => grade)), ...said };
}
