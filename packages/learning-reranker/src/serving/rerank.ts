/** Orders a search's documents by the model's score, blended with the search's own score when there is one. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { blend } from '../comparison/index.js';

/** A document as a search returns it. */
export interface SearchedDocument {
  readonly text: string;
  readonly id?: string | undefined;
  /** The search's score, on any scale; higher is better. */
  readonly score?: number | undefined;
}

export interface RerankedDocument {
  /** The document's place in the request. */
  readonly index: number;
  readonly id: string | undefined;
  /**
   * What documents are ordered by, 0 to 1: the blend, or the model's score when a document has no search score.
   * Without a model it falls from 1 along the given order, so that a caller who sorts again keeps that order.
   */
  readonly score: number;
  /** The model's own score, 0 to 1; null without a model. */
  readonly relevanceScore: number | null;
  readonly text: string;
}

export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly SearchedDocument[];
  /** Scores pairs; null keeps the search's order. */
  readonly model: PairScorer | null;
  /** Weight of the model's score against the search's, 0 to 1. */
  readonly alpha: number;
}

export interface OrderedDocuments {
  readonly results: readonly RerankedDocument[];
  /** Whether search scores were blended in: all documents had one. */
  readonly blended: boolean;
}

/** The documents, best first. Documents with equal scores keep their order. */
export async function rerank(request: RerankRequest): Promise<OrderedDocuments> {
  const { query, documents, model, alpha } = request;
  const relevance =
    model && (await model.predict(documents.map(({ text }) => [query, text] as const)));
  return orderDocuments(documents, relevance, alpha);
}

/** Orders by a model's scores, 0 to 1, given in the order of the documents; null keeps that order. */
export function orderDocuments(
  documents: readonly SearchedDocument[],
  relevance: ArrayLike<number> | null,
  alpha: number,
): OrderedDocuments {
  if (relevance === null) return { results: asGiven(documents), blended: false };
  const own = Array.from(relevance);
  const search = documents.flatMap(({ score }) => score ?? []);
  const blended = documents.length > 0 && search.length === documents.length;
  const scores = blended ? blend(own, search, alpha) : own;
  const results = documents
    .map(({ text, id }, index) => ({
      index,
      id,
      score: scores[index] as number,
      relevanceScore: own[index] as number,
      text,
    }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  return { results, blended };
}

function asGiven(documents: readonly SearchedDocument[]): RerankedDocument[] {
  return documents.map(({ text, id }, index) => ({
    index,
    id,
    score: 1 - index / documents.length,
    relevanceScore: null,
    text,
  }));
}
