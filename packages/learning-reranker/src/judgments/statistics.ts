/** Counts a log by query and document in one pass. Memory grows with their number, not with the number of events. */
import type { FeedbackKind } from '../database/schema.js';
import type { ClientWeights } from './client-weights.js';

/** Lower ranks count as this one, since few users look at them. */
export const LAST_RANK = 50;

/** Shared by all empty counts; never written to. */
const NONE: number[] = [];

export interface Vote {
  readonly kind: FeedbackKind;
  readonly time: number;
  readonly weight: number;
}

/** The counts of one document for one query. Very active clients count less than 1. */
export interface DocumentStatistics {
  /** Impressions by rank; rank 1 has index 1. */
  impressions: number[];
  /** Clicks by rank. */
  clicks: number[];
  /** Impressions at or above the last click of the list, so that the user surely looked. */
  examined: number;
  /** Impressions in lists without a click. */
  leftAlone: number;
  /** Clicks that were the last of their list. */
  lastClicks: number;
  /** Impressions above a click, without a click on the document itself. */
  skipped: number;
  /** Each client's latest vote; null without votes, which is usual. */
  votes: Map<string, Vote> | null;
  /** The hash of the newest text that was shown for the query. */
  text: string | null;
  /** The event id of a search that showed the document. */
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
  /** Clicks and votes, oldest first. Without a client they belong to the client that searched. */
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
  /** By document id, over all queries: the hash of the newest text that was shown. */
  readonly newestTexts = new Map<string, string>();
  /** Over all queries, by rank. */
  impressionsAtRank: number[] = NONE;
  clicksAtRank: number[] = NONE;
  searches = 0;
  clicks = 0;
  /** Clicks on documents that their search did not show. They do not count. */
  clicksNotShown = 0;
  /** Clicks and votes on searches that are not in the log. */
  feedbackWithoutSearch = 0;
  readonly #weights: ClientWeights;

  constructor(weights: ClientWeights = new Map()) {
    this.#weights = weights;
  }

  /** The number of very active clients, which count less than 1. */
  get weightedClients(): number {
    return this.#weights.size;
  }

  /** Counts a search. Call it with the oldest first. */
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

  /** The largest weight of a click by document, at most the weight of the impression. */
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
      // Without a client, the votes of each search count as another voter's.
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

/** Keeps the higher position of a document that a list contains twice: users see it first. */
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

/** Makes arrays just long enough for the lowest rank: arrays that grow by themselves take four times the memory. */
function counted(counts: number[], rank: number, weight: number): number[] {
  const own =
    counts.length > rank ? counts : Array.from({ length: rank + 1 }, (_, at) => counts[at] ?? 0);
  own[rank] = (own[rank] as number) + weight;
  return own;
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, one) => sum + one, 0);
}
