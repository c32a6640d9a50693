/** What a log says of each query and document, counted in one pass; memory grows with them, not with events. */
import type { FeedbackKind } from '../database/index.js';
import type { ClientWeights } from './client-weights.js';

/** Ranks beyond are counted as this one: they are seldom seen. */
export const LAST_RANK = 50;

/** Counts of nothing; never written to. */
const NONE: number[] = [];

export interface Vote {
  readonly kind: FeedbackKind;
  readonly time: number;
  readonly weight: number;
}

/** What was counted for one document shown for one query; clients who do too much count for less than 1. */
export interface DocumentStatistics {
  /** How often it was shown, by rank; rank 1 stands at 1. */
  impressions: number[];
  /** How often it was clicked there. */
  clicks: number[];
  /** How often it was shown at or above the last click of its list: surely looked at. */
  examined: number;
  /** How often it was in a list of which nothing was clicked. */
  leftAlone: number;
  /** How often its click was the last of the list. */
  lastClicks: number;
  /** How often it stood above a click and was not clicked itself. */
  skipped: number;
  /** Each client's latest explicit vote; null where nobody voted, which is usual. */
  votes: Map<string, Vote> | null;
  /** Of `texts`; the newest that was shown for the query. */
  text: string | null;
  /** A search it was shown in. */
  eventId: string;
}

/** One search as a click model sees it. */
export interface CountedSearch {
  readonly eventId: string;
  readonly query: string;
  readonly clientId: string | null;
  readonly shown: readonly {
    readonly position: number;
    readonly id: string;
    readonly text: string | null;
  }[];
  /** Clicks and explicit votes, oldest first; without a client they are the searcher's. */
  readonly feedback: readonly {
    readonly documentId: string;
    readonly kind: FeedbackKind;
    readonly clientId: string | null;
    readonly time: Date;
  }[];
}

export class LogStatistics {
  /** By the query's key, then by document id. */
  readonly queries = new Map<string, Map<string, DocumentStatistics>>();
  /** By document id, over all queries: of `texts`, the newest that was shown. */
  readonly newestTexts = new Map<string, string>();
  /** Over all queries, by rank. */
  impressionsAtRank: number[] = NONE;
  clicksAtRank: number[] = NONE;
  searches = 0;
  clicks = 0;
  /** On documents that their search did not show: nothing is learned from them. */
  clicksNotShown = 0;
  /** Clicks and votes on a search that is not in the log. */
  feedbackWithoutSearch = 0;
  readonly #weights: ClientWeights;

  constructor(weights: ClientWeights = new Map()) {
    this.#weights = weights;
  }

  /** Clients who count for less than 1, since they did more than others. */
  get weightedClients(): number {
    return this.#weights.size;
  }

  /** Counts one more; the oldest comes first. */
  add(search: CountedSearch): void {
    this.searches++;
    const weight = this.#weightOf(search.clientId);
    const clicked = this.#clicksOf(search);
    const documents = this.#documentsOf(search.query);
    const shown = eachOnce(search.shown);
    if (clicked.size > 0) {
      const ids = new Set(shown.map(({ id }) => id));
      for (const id of clicked.keys()) if (!ids.has(id)) this.clicksNotShown++;
    }
    let lastClick = 0;
    for (const { id, position } of shown) {
      if (position > lastClick && clicked.has(id)) lastClick = position;
    }
    for (const { position, id, text } of shown) {
      const rank = Math.min(position, LAST_RANK);
      const statistics = documents.get(id) ?? newStatistics(search.eventId);
      documents.set(id, statistics);
      if (text !== null) {
        statistics.text = text;
        this.newestTexts.set(id, text);
      }
      statistics.impressions = counted(statistics.impressions, rank, weight);
      this.impressionsAtRank = counted(this.impressionsAtRank, rank, weight);
      if (lastClick === 0) statistics.leftAlone += weight;
      else if (position <= lastClick) statistics.examined += weight;
      const click = clicked.get(id);
      if (click === undefined) {
        if (position < lastClick) statistics.skipped += weight;
        continue;
      }
      statistics.eventId = search.eventId;
      statistics.clicks = counted(statistics.clicks, rank, click);
      this.clicksAtRank = counted(this.clicksAtRank, rank, click);
      this.clicks++;
      if (position === lastClick) statistics.lastClicks += click;
    }
    this.#addVotes(search, documents);
  }

  /** By document, the weight of the weightiest who clicked it; nobody counts for more than the impression. */
  #clicksOf({ clientId, feedback }: CountedSearch): Map<string, number> {
    const most = this.#weightOf(clientId);
    const clicked = new Map<string, number>();
    for (const { documentId, kind, clientId: sender } of feedback) {
      if (kind !== 'click') continue;
      const weight = Math.min(most, this.#weightOf(sender ?? clientId));
      clicked.set(documentId, Math.max(weight, clicked.get(documentId) ?? 0));
    }
    return clicked;
  }

  #addVotes(
    { eventId, clientId, feedback }: CountedSearch,
    documents: Map<string, DocumentStatistics>,
  ): void {
    for (const { documentId, kind, clientId: sender, time } of feedback) {
      if (kind === 'click') continue;
      const client = sender ?? clientId;
      const statistics = documents.get(documentId) ?? newStatistics(eventId);
      documents.set(documentId, statistics);
      statistics.votes ??= new Map();
      // Without a client every search's vote is somebody else's.
      const voter = client ?? `search ${eventId}`;
      const earlier = statistics.votes.get(voter);
      const vote = { kind, time: time.getTime(), weight: this.#weightOf(client) };
      if (!earlier || earlier.time <= vote.time) statistics.votes.set(voter, vote);
    }
  }

  #weightOf(clientId: string | null): number {
    return clientId === null ? 1 : (this.#weights.get(clientId) ?? 1);
  }

  #documentsOf(query: string): Map<string, DocumentStatistics> {
    const known = this.queries.get(query);
    if (known) return known;
    const documents = new Map<string, DocumentStatistics>();
    this.queries.set(query, documents);
    return documents;
  }
}

/** Of a document that a list names twice the upper one: feedback names no place, and people see that first. */
function eachOnce(shown: CountedSearch['shown']): CountedSearch['shown'] {
  const ids = new Set(shown.map(({ id }) => id));
  if (ids.size === shown.length) return shown;
  const upper = new Map<string, CountedSearch['shown'][number]>();
  for (const one of shown) {
    const known = upper.get(one.id);
    if (!known || one.position < known.position) upper.set(one.id, one);
  }
  return [...upper.values()];
}

function newStatistics(eventId: string): DocumentStatistics {
  return {
    impressions: NONE,
    clicks: NONE,
    examined: 0,
    leftAlone: 0,
    lastClicks: 0,
    skipped: 0,
    votes: null,
    text: null,
    eventId,
  };
}

/** No longer than the lowest rank asks for: of millions of documents, arrays that grow by themselves take four times that. */
function counted(counts: number[], rank: number, weight: number): number[] {
  const own = counts.length > rank ? counts : new Array<number>(rank + 1).fill(0);
  if (own !== counts)
    counts.forEach((count, at) => {
      own[at] = count;
    });
  own[rank] = (own[rank] as number) + weight;
  return own;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, one) => sum + one, 0);
}
