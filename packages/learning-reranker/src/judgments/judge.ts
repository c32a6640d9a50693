/** From counts to judgments: ratings beat clicks, and each judgment says why. */
import type { FeedbackKind } from '../database/index.js';
import type { Estimate } from './click-models/click-model.js';
import { type ClickModelName, clickModels, DEFAULT_CLICK_MODEL } from './click-models/index.js';
import { estimatePropensities, type Propensities } from './propensities.js';
import { type DocumentStatistics, type LogStatistics, total } from './statistics.js';

export type JudgmentLabel = 'positive' | 'negative' | 'unsure';

/** What is held of one document for one query. */
export interface Judgment {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly documentId: string;
  readonly label: JudgmentLabel;
  /** 0 to 3, as qrels have it: 0 for negatives, 1 clicked, 2 liked, 3 rated best. */
  readonly grade: number;
  /** The click model's estimate, 0 to 1. */
  readonly relevance: number;
  /** What clicks per impression would say. */
  readonly naiveRelevance: number;
  readonly from: 'ratings' | 'clicks';
  /** How much it rests on: people who rated it, or looks in impressions' worth. */
  readonly weight: number;
  readonly impressions: number;
  readonly clicks: number;
  /** A sentence of counts, without anybody's words. */
  readonly reason: string;
  readonly statistics: DocumentStatistics;
}

export interface JudgeOptions {
  readonly clickModel?: ClickModelName | undefined;
  /** Impressions a document must have before clicks, or their absence, say something of it. */
  readonly minimumImpressions?: number | undefined;
  /** Clicks a document must have before it answers its query. */
  readonly minimumClicks?: number | undefined;
}

/** What is held of the documents of one query. */
export interface JudgedQuery {
  /** The key of the query in the statistics. */
  readonly query: string;
  readonly judgments: readonly Judgment[];
  /** Documents that as many people like as dislike: refused, with the reason. */
  readonly conflicts: readonly Pick<Judgment, 'query' | 'documentId' | 'reason'>[];
}

export interface Judged {
  readonly propensities: Propensities;
  readonly clickModel: ClickModelName;
  /** Made anew each time they are read, one after the other: all judgments of a long log take more memory than it. */
  readonly queries: Iterable<JudgedQuery>;
}

/** A document this much as relevant as its query's best is one that answers too. */
const AS_GOOD = 0.7;
/** Where even the best is this much less relevant than what answers elsewhere, people found nothing. */
const FOUND_SOMETHING = 0.5;
/** The best of this share of the queries is no better: where most searches find nothing, the middle answers nothing. */
const ANSWERED = 0.9;
/** One this much less relevant does not answer. */
const FAR_WORSE = 0.35;
/** Looks it takes to believe that somebody who saw it did not want it. */
const LOOKS_FOR_A_NEGATIVE = 1;

/** What somebody who does much may count for and still be heard: of who does thousands nothing decides alone. */
const HEARD = 0.2;

/** Whether a weighted count comes to as many as `minimum` people, of whom the last may count for less than one. */
function reaches(count: number, minimum: number): boolean {
  return count >= minimum - 1 + HEARD;
}

export function judge(log: LogStatistics, options: JudgeOptions = {}): Judged {
  const { clickModel = DEFAULT_CLICK_MODEL, minimumImpressions = 1, minimumClicks = 1 } = options;
  const propensities = estimatePropensities(log);
  const estimate = clickModels[clickModel].fit(log, propensities);
  const naive = clickModels.naive.fit(log, propensities);
  const bestOf = new Map<string, number>();
  for (const [query, documents] of log.queries) {
    let best = 0;
    for (const one of documents.values()) best = Math.max(best, surely(estimate(one)));
    bestOf.set(query, best);
  }
  const least = leastOfAnswers([...bestOf.values()].filter((best) => best > 0));

  function judgeQuery(
    query: string,
    documents: ReadonlyMap<string, DocumentStatistics>,
  ): JudgedQuery {
    const best = bestOf.get(query) ?? 0;
    const judgments: Judgment[] = [];
    const conflicts: JudgedQuery['conflicts'][number][] = [];
    for (const [documentId, statistics] of documents) {
      const { relevance, evidence } = estimate(statistics);
      const impressions = rounded(total(statistics.impressions));
      const clicks = rounded(total(statistics.clicks));
      const base = {
        query,
        documentId,
        relevance,
        naiveRelevance: naive(statistics).relevance,
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
          sure: surely({ relevance, evidence }),
          best,
          least,
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
  return { propensities, clickModel, queries };
}

interface Counted {
  readonly relevance: number;
  /** What it is at least, as far as the evidence tells. */
  readonly sure: number;
  /** The highest of these among the documents of the query. */
  readonly best: number;
  /** Below it nothing answers, whatever the others of the query are. */
  readonly least: number;
  readonly clicks: number;
  readonly wasSeen: boolean;
  readonly impressions: number;
  readonly hasEnoughClicks: boolean;
}

/** Standard deviations; a document is above the lower end in 95 of 100. */
const DEVIATIONS = 1.64;

/**
 * The lower end of Wilson's interval: a lucky click at a rank that is seldom looked at makes no document
 * the best of its query.
 */
function surely({ relevance, evidence }: Estimate): number {
  if (evidence === 0) return 0;
  const doubt = DEVIATIONS ** 2 / evidence;
  const spread = Math.sqrt(doubt * (relevance * (1 - relevance) + doubt / 4));
  return Math.max(0, (relevance + doubt / 2 - spread) / (1 + doubt));
}

/**
 * Below it nothing answers. Queries that many ask do not raise it beyond what the one click of the one
 * person who looked proves: a log of few searches, and the seldom asked query of a long one, teach too.
 */
function leastOfAnswers(bests: number[]): number {
  const answered = bests.sort((a, b) => a - b)[Math.floor(bests.length * ANSWERED)] ?? 0;
  return Math.min(FOUND_SOMETHING * answered, surely({ relevance: 1, evidence: 1 }));
}

/** Weighted counts are rarely whole. */
function rounded(count: number): number {
  return Math.round(count * 10) / 10;
}

function byClicks({
  relevance,
  sure,
  best,
  least,
  clicks,
  wasSeen,
  impressions,
  hasEnoughClicks,
}: Counted): Pick<Judgment, 'label' | 'grade' | 'reason'> {
  const counts = `${clicks} clicks in ${impressions} impressions, relevance ${relevance.toFixed(2)}`;
  if (hasEnoughClicks && sure >= AS_GOOD * best && sure >= least) {
    return { label: 'positive', grade: 1, reason: `${counts}: among the best of its query` };
  }
  const isFarWorse = best > 0 && relevance <= FAR_WORSE * best;
  if (isFarWorse && wasSeen) {
    return { label: 'negative', grade: 0, reason: `${counts}: seen, and others were preferred` };
  }
  return { label: 'unsure', grade: 0, reason: `${counts}: too little to tell` };
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

/** What most people who rated it say; three stars are neither, and nothing is said of it then. */
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
  const said = {
    reason: `${liked.length} people rate it well, ${rated.length - liked.length} badly`,
    weight,
  };
  if (weightOf(liked) === disliked) return { label: 'unsure', grade: 0, ...said };
  if (weightOf(liked) < disliked) return { label: 'negative', grade: 0, ...said };
  return { label: 'positive', grade: Math.max(...liked.map(({ grade }) => grade)), ...said };
}
