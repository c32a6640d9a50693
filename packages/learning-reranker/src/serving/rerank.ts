/** Orders the documents a search gave: the model's score, blended with the search's own where it is known. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { blend } from '../comparison/index.js';

/** A document as a search gives it. */
export interface SearchedDocument {
  readonly text: string;
  readonly id?: string | undefined;
  /** The search's score, on any scale; higher is better. */
  readonly score?: number | undefined;
}

export interface RerankedDocument {
  /** Its place in what was given. */
  readonly index: number;
  readonly id?: string | undefined;
  /**
   * What orders, 0 to 1: the blend, or the model's score where a document has no search score. Where no model
   * was asked it falls from 1 along the order given, so that a caller who sorts again keeps that.
   */
  readonly score: number;
  /** The model's own score, 0 to 1; null where no model was asked. */
  readonly relevanceScore: number | null;
  readonly text: string;
}

export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly SearchedDocument[];
  /** What scores pairs; null leaves the search's order as it is. */
  readonly model: PairScorer | null;
  /** Weight of the model's score against the search's, 0 to 1. */
  readonly alpha: number;
}

/** The documents, best first; of equal ones the earlier stays the earlier. */
export async function rerank(request: RerankRequest): Promise<OrderedDocuments> {
  const { query, documents, model, alpha } = request;
  const relevance =
    model && (await model.predict(documents.map(({ text }) => [query, text] as const)));
  return orderDocuments(documents, relevance, alpha);
}

export interface OrderedDocuments {
  readonly results: readonly RerankedDocument[];
  /** Whether search scores went in: all documents had one. */
  readonly blended: boolean;
}

/** Orders by a model's scores, 0 to 1, in the order of the documents; null leaves the order as it is. */
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
