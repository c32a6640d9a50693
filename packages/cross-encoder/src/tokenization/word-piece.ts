/**
 * WordPiece: splits words into the longest known pieces, from left to right, as BERT does. Plain ASCII,
 * which is most of all text and needs no Unicode tables, is also split into words here.
 */
import type { BertSettings } from './bert-definition.js';
import type { IdBuffer } from './id-buffer.js';

const MAXIMUM_CACHED_WORDS = 65_536;
const MAXIMUM_CACHED_LENGTH = 32;

/** 1 for the ASCII characters that BERT takes as a word of their own. */
const isPunctuation = Uint8Array.from({ length: 128 }, (_, code) =>
  /[!-/:-@[-`{-~]/.test(String.fromCharCode(code)) ? 1 : 0,
);

export class WordPiece {
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #settings: BertSettings;
  readonly #unknownId: number;
  readonly #punctuationIds: Int32Array;
  /** The length of the longest token: no longer piece is looked up. */
  readonly #longestToken: number;
  readonly #cache = new Map<string, Int32Array>();

  constructor(vocabulary: ReadonlyMap<string, number>, settings: BertSettings) {
    this.#vocabulary = vocabulary;
    this.#settings = settings;
    this.#unknownId = vocabulary.get(settings.unknownToken) as number;
    this.#punctuationIds = Int32Array.from(
      isPunctuation,
      (_, code) => vocabulary.get(String.fromCharCode(code)) ?? this.#unknownId,
    );
    let longest = 1;
    for (const token of vocabulary.keys()) longest = Math.max(longest, token.length);
    this.#longestToken = longest;
  }

  /**
   * Appends the ids of `text[start..end)`, which holds printable ASCII and no white space, and
   * stops once the buffer holds `limit` ids or more.
   */
  encodeAscii(text: string, start: number, end: number, limit: number, out: IdBuffer): void {
    let wordStart = start;
    let hasUpper = false;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (isPunctuation[code] === 1) {
        if (at > wordStart) this.#encodeAsciiWord(text.slice(wordStart, at), hasUpper, out);
        out.push(this.#punctuationIds[code] as number);
        wordStart = at + 1;
        hasUpper = false;
        if (out.length >= limit) return;
      } else if (code <= 0x5a && code >= 0x41) {
        hasUpper = true;
      }
    }
    if (end > wordStart) this.#encodeAsciiWord(text.slice(wordStart, end), hasUpper, out);
  }

  #encodeAsciiWord(written: string, hasUpper: boolean, out: IdBuffer): void {
    const word = hasUpper && this.#settings.lowercase ? written.toLowerCase() : written;
    this.encodeWord(word, word.length, out);
  }

  /** Appends the ids of one normalized word; `length` counts its characters (code points). */
  encodeWord(word: string, length: number, out: IdBuffer): void {
    const id =
      length > this.#settings.maximumWordLength ? this.#unknownId : this.#vocabulary.get(word);
    if (id === undefined) out.append(this.#pieces(word));
    else out.push(id);
  }

  #pieces(word: string): Int32Array {
    const remembered = this.#cache.get(word);
    if (remembered !== undefined) return remembered;
    const pieces = this.#split(word);
    if (word.length <= MAXIMUM_CACHED_LENGTH) this.#remember(word, pieces);
    return pieces;
  }

  /** If any part of a word is unknown, the whole word is. */
  #split(word: string): Int32Array {
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      let end = Math.min(word.length, start + this.#longestToken);
      let id: number | undefined;
      for (; end > start; end--) {
        const piece = word.slice(start, end);
        id = this.#vocabulary.get(start === 0 ? piece : this.#settings.prefix + piece);
        if (id !== undefined) break;
      }
      if (id === undefined) return Int32Array.of(this.#unknownId);
      ids.push(id);
      start = end;
    }
    return Int32Array.from(ids);
  }

  #remember(word: string, pieces: Int32Array): void {
    if (this.#cache.size >= MAXIMUM_CACHED_WORDS) this.#cache.clear();
    // A slice keeps the whole text in memory; a copy does not.
    this.#cache.set(Buffer.from(word, 'utf16le').toString('utf16le'), pieces);
  }
}
