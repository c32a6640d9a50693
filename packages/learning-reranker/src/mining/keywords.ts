/** Finds terms that separate liked from disliked results, and labels results without a judgment by them. */
import { codeTokens } from './code-tokens.js';

/** A term and its weight: above 0 for liked documents, below 0 for disliked ones. */
export interface Keyword {
  readonly term: string;
  /** The log odds ratio of being in a liked document and in a disliked one. */
  readonly weight: number;
}

/** The fewest liked and disliked documents. A term of one document does not apply to others. */
const FEWEST_DOCUMENTS = 2;
/** A term in both of two liked and none of two disliked documents has 3.2; in one of the two, 1.6. */
const LEAST_WEIGHT = 2.5;
const MOST_KEYWORDS = 20;
/** How many keywords of one kind, and none of the other, a document needs to get a label. */
const ENOUGH_KEYWORDS = 2;

/**
 * The strongest terms, strongest first. None if fewer than two documents are liked or disliked. Documents are
 * counted, not occurrences, so that a long document does not dominate. Smoothed by half a document.
 */
export function discriminativeKeywords(
  liked: readonly string[],
  disliked: readonly string[],
): Keyword[] {
  if (liked.length < FEWEST_DOCUMENTS || disliked.length < FEWEST_DOCUMENTS) return [];
  const inLiked = documentFrequencies(liked);
  const inDisliked = documentFrequencies(disliked);
  const keywords: Keyword[] = [];
  for (const term of new Set([...inLiked.keys(), ...inDisliked.keys()])) {
    const weight =
      logOdds(inLiked.get(term) ?? 0, liked.length) -
      logOdds(inDisliked.get(term) ?? 0, disliked.length);
    if (Math.abs(weight) >= LEAST_WEIGHT) keywords.push({ term, weight });
  }
  return keywords
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.term < b.term ? -1 : 1))
    .slice(0, MOST_KEYWORDS);
}

/** The label of a document by its keywords. Null if it has too few, or some of both kinds. */
export function labelByKeywords(
  text: string,
  keywords: readonly Keyword[],
): { readonly label: 0 | 1; readonly count: number } | null {
  const terms = new Set(codeTokens(text));
  const found = keywords.filter(({ term }) => terms.has(term));
  const speakFor = found.filter(({ weight }) => weight > 0).length;
  const against = found.length - speakFor;
  if (speakFor >= ENOUGH_KEYWORDS && against === 0) return { label: 1, count: speakFor };
  if (against >= ENOUGH_KEYWORDS && speakFor === 0) return { label: 0, count: against };
  return null;
}

function documentFrequencies(texts: readonly string[]): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const text of texts) {
    for (const term of new Set(codeTokens(text))) {
      frequencies.set(term, (frequencies.get(term) ?? 0) + 1);
    }
  }
  return frequencies;
}

function logOdds(count: number, all: number): number {
  return Math.log((count + 0.5) / (all - count + 0.5));
}
