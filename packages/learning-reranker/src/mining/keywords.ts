/** Terms that separate the results people liked from those they did not, and what they say of results nobody judged. */
import { codeTokens } from './code-tokens.js';

/** A term and how strongly it speaks for a document, or against it where it is negative. */
export interface Keyword {
  readonly term: string;
  /** Log odds ratio of standing in a liked document rather than a disliked one. */
  readonly weight: number;
}

/** Of each kind at least; a term of a single document says nothing of the next. */
const FEWEST_DOCUMENTS = 2;
/** In all of two liked and none of two disliked documents gives 3.2; in one of two, 1.6. */
const LEAST_WEIGHT = 2.5;
const MOST_KEYWORDS = 20;
/** Keywords of one kind, and none of the other, that a document needs to be labelled. */
const ENOUGH_KEYWORDS = 2;

/**
 * The strongest terms, strongest first; none where fewer than two documents are liked or disliked. Counted
 * by documents, so that a long one does not speak for itself, and smoothed by half a document.
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

/** What keywords say of a document; null where they say too little or both. */
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
