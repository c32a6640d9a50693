/** What a log says of each query and document, counted in one pass; memory grows with them, not with events. */
import type { FeedbackKind } from '../database/index.js';

/** Ranks beyond are counted as this one: they are seldom seen. */
export const LAST_RANK = 50;

export interface Vote {
  readonly kind: FeedbackKind;
  readonly time: number;
}

/** What was counted for one document shown for one query. */
export interface DocumentStatistics {
  /** How often it was shown, by rank; rank 1 stands at 1. */
  readonly impressions: number[];
  /** How often it was clicked there. */
  readonly clicks: number[];
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
  /** Of `texts`; the newest that was shown. */
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

/** A vote decides a label alone, a click only helps to: it costs its client as much as these. */
const CLICKS_OF_A_VOTE = 5;

export class LogStatistics {
  /** By the query's key, then by document id. */
  readonly queries = new Map<string, Map<string, DocumentStatistics>>();
  /** Over all queries, by rank. */
  readonly impressionsAtRank: number[] = new Array(LAST_RANK + 1).fill(0);
  readonly clicksAtRank: number[] = new Array(LAST_RANK + 1).fill(0);
  searches = 0;
  clicks = 0;
  /** Searches, clicks and votes beyond what one client counts for. */
  capped = 0;
  readonly #spent = new Map<string, number>();
  readonly #mostOfClient: number;

  /** `mostOfClient`: clicks and searches of one client that count, so that nobody outweighs the others. */
  constructor({ mostOfClient = Number.POSITIVE_INFINITY }: { mostOfClient?: number } = {}) {
    this.#mostOfClient = mostOfClient;
  }

  add(search: CountedSearch): void {
    if (!this.#mayCount(search.clientId, 1)) return;
    this.searches++;
    const { clicked, votes } = this.#countedFeedback(search);
    const documents = this.#documentsOf(search.query);
    let lastClick = 0;
    for (const { id, position } of search.shown) {
      if (position > lastClick && clicked.has(id)) lastClick = position;
    }
    for (const { position, id, text } of search.shown) {
      const rank = Math.min(position, LAST_RANK);
      const isClicked = clicked.has(id);
      const statistics = documents.get(id) ?? newStatistics(search.eventId);
      documents.set(id, statistics);
      if (text !== null) statistics.text = text;
      if (isClicked) statistics.eventId = search.eventId;
      count(statistics.impressions, rank);
      count(this.impressionsAtRank, rank);
      if (lastClick === 0) statistics.leftAlone++;
      else if (position <= lastClick) statistics.examined++;
      if (!isClicked) {
        if (position < lastClick) statistics.skipped++;
        continue;
      }
      count(statistics.clicks, rank);
      count(this.clicksAtRank, rank);
      this.clicks++;
      if (position === lastClick) statistics.lastClicks++;
    }
    for (const { documentId, voter, ...vote } of votes) {
      const statistics = documents.get(documentId) ?? newStatistics(search.eventId);
      documents.set(documentId, statistics);
      statistics.votes ??= new Map();
      const earlier = statistics.votes.get(voter);
      if (!earlier || earlier.time <= vote.time) statistics.votes.set(voter, vote);
    }
  }

  /** What of a search's feedback counts. The search itself has paid for its client's first click. */
  #countedFeedback({ eventId, clientId, feedback }: CountedSearch) {
    const clicked = new Set<string>();
    const votes: (Vote & { documentId: string; voter: string })[] = [];
    let isPaid = true;
    for (const { documentId, kind, clientId: sender, time } of feedback) {
      const client = sender ?? clientId;
      const isClick = kind === 'click';
      if (isClick && clicked.has(documentId)) continue;
      const isFree = isClick && isPaid && client === clientId;
      if (!isFree && !this.#mayCount(client, isClick ? 1 : CLICKS_OF_A_VOTE)) continue;
      if (isFree) isPaid = false;
      // Without a client every search's vote is somebody else's.
      if (isClick) clicked.add(documentId);
      else {
        const voter = client ?? `search ${eventId}`;
        votes.push({ documentId, kind, voter, time: time.getTime() });
      }
    }
    return { clicked, votes };
  }

  #mayCount(clientId: string | null, cost: number): boolean {
    if (clientId === null || this.#mostOfClient === Number.POSITIVE_INFINITY) return true;
    const spent = this.#spent.get(clientId) ?? 0;
    if (spent + cost > this.#mostOfClient) {
      this.capped++;
      return false;
    }
    this.#spent.set(clientId, spent + cost);
    return true;
  }

  #documentsOf(query: string): Map<string, DocumentStatistics> {
    const known = this.queries.get(query);
    if (known) return known;
    const documents = new Map<string, DocumentStatistics>();
    this.queries.set(query, documents);
    return documents;
  }
}

function newStatistics(eventId: string): DocumentStatistics {
  return {
    impressions: [],
    clicks: [],
    examined: 0,
    leftAlone: 0,
    lastClicks: 0,
    skipped: 0,
    votes: null,
    text: null,
    eventId,
  };
}

function count(counts: number[], rank: number): void {
  counts[rank] = (counts[rank] ?? 0) + 1;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, one) => sum + (one ?? 0), 0);
}
