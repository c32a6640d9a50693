/**
 * Turns code and English into terms for BM25. Identifiers are kept whole and also split at camelCase,
 * digits and underscores. Stop words are dropped and words are stemmed.
 */
import { stemEnglish } from './english-stemmer.js';

/** English words that do not distinguish documents: Lucene's short list and a few more. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a an and are as at be but by can do for from had has have how i if in into is it its me my no ' +
    'not of on or our s should so such t that the their them then there these they this to use ' +
    'using was we were what when where which will with you your'
  ).split(' '),
);

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
/** Runs of capitals, capitalized words, small letters, caseless letters, digits. */
const PART = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+|\p{N}+/gu;

/** The terms of known words, because most words repeat. */
const REMEMBERED_WORDS = 200_000;
const LONGEST_TERM = 64;

const termsOfWord = new Map<string, readonly string[]>();

/**
 * The terms of a text, in order, repetitions included. `parseHTTPDate` gives
 * `parsehttpdate, pars, http, date`; `the dates` gives `date`.
 */
export function codeTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const word of text.match(WORD) ?? []) {
    for (const term of termsOf(word)) tokens.push(term);
  }
  return tokens;
}

function termsOf(word: string): readonly string[] {
  const known = termsOfWord.get(word);
  if (known !== undefined) return known;
  const terms = analyze(word);
  if (termsOfWord.size >= REMEMBERED_WORDS) termsOfWord.clear();
  termsOfWord.set(word, terms);
  return terms;
}

function analyze(word: string): string[] {
  const parts = (word.match(PART) ?? []).map((part) => part.toLowerCase());
  const terms = parts
    .filter((part) => !STOP_WORDS.has(part))
    .map((part) => stemEnglish(part).slice(0, LONGEST_TERM));
  if (parts.length < 2) return terms;
  return [parts.join('').slice(0, LONGEST_TERM), ...terms];
}
