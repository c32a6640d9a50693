/** Orders documents by their scores. */

export interface RankedDocument {
  /** The document's place in the list given. */
  readonly corpusId: number;
  readonly score: number;
  readonly text?: string;
}

export interface RankingOptions {
  /** How many documents to return; all when absent. */
  readonly topK?: number;
  /** Whether to include each document's text. */
  readonly returnDocuments?: boolean;
}

/** Documents by score, best first; equal scores keep the order given. */
export function rankByScore(
  documents: readonly string[],
  scores: ArrayLike<number>,
  { topK = documents.length, returnDocuments = false }: RankingOptions,
): RankedDocument[] {
  return documents
    .map((text, corpusId) => ({
      corpusId,
      score: scores[corpusId] as number,
      ...(returnDocuments && { text }),
    }))
    .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId)
    .slice(0, topK);
}
