/** What a log says of each query and document, counted in one pass; memory grows with them, not with events. */
import type { FeedbackKind } from '../database/index.js';

/** Ranks beyond are counted as this one: they are seldom seen. */
export const LAST_RANK = 50;

/** What was counted for one document shown for one query. */
export interface DocumentStatistics {
  /** How often it was shown, by rank; rank 1 stands at 1. */
  readonly impressions: number[];
  /** How often it was clicked there. */
  readonly clicks: number[];
  /** How often it was shown at or above the last click of its list: surely looked at. */
  examined: number;
  /** How often its click was the last of the list. */
  lastClicks: number;
  /** How often it stood above a click and was not clicked itself. */
  skipped: number;
  /** Each client's latest explicit vote. */
  readonly votes: Map<string, FeedbackKind>;
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
  readonly clicked: ReadonlySet<string>;
  /** Explicit votes, oldest first. */
  readonly votes: readonly {
    readonly documentId: string;
    readonly kind: FeedbackKind;
    readonly clientId: string | null;
  }[];
}

export class LogStatistics {
  /** By the query's key, then by document id. */
  readonly queries = new Map<string, Map<string, DocumentStatistics>>();
  /** Over all queries, by rank. */
  readonly impressionsAtRank: number[] = new Array(LAST_RANK + 1).fill(0);
  readonly clicksAtRank: number[] = new Array(LAST_RANK + 1).fill(0);
  searches = 0;
  clicks = 0;
  /** Searches beyond what one client counts for. */
  capped = 0;
  readonly #ofClient = new Map<string, number>();
  readonly #mostOfClient: number;

  /** `mostOfClient`: searches of one client that count, so that nobody outweighs the others. */
  constructor({ mostOfClient = Number.POSITIVE_INFINITY }: { mostOfClient?: number } = {}) {
    this.#mostOfClient = mostOfClient;
  }

  add(search: CountedSearch): void {
    const { clientId } = search;
    if (clientId !== null) {
      const counted = this.#ofClient.get(clientId) ?? 0;
      if (counted >= this.#mostOfClient) {
        this.capped++;
        return;
      }
      this.#ofClient.set(clientId, counted + 1);
    }
    this.searches++;
    const documents = this.#documentsOf(search.query);
    const clickedRanks = search.shown
      .filter(({ id }) => search.clicked.has(id))
      .map(({ position }) => position);
    const lastClick = Math.max(0, ...clickedRanks);
    for (const { position, id, text } of search.shown) {
      const rank = Math.min(position, LAST_RANK);
      const isClicked = search.clicked.has(id);
      const statistics = documents.get(id) ?? newStatistics(search.eventId);
      documents.set(id, statistics);
      if (text !== null) statistics.text = text;
      if (isClicked) statistics.eventId = search.eventId;
      count(statistics.impressions, rank);
      count(this.impressionsAtRank, rank);
      if (position <= lastClick) statistics.examined++;
      if (!isClicked) {
        if (position < lastClick) statistics.skipped++;
        continue;
      }
      count(statistics.clicks, rank);
      count(this.clicksAtRank, rank);
      this.clicks++;
      if (position === lastClick) statistics.lastClicks++;
    }
    for (const { documentId, kind, clientId: voter } of search.votes) {
      const statistics = documents.get(documentId) ?? newStatistics(search.eventId);
      documents.set(documentId, statistics);
      // Without a client every search's vote is somebody else's.
      statistics.votes.set(voter ?? `search ${search.eventId}`, kind);
    }
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
    lastClicks: 0,
    skipped: 0,
    votes: new Map(),
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
