/**
 * BERT's tokenizer, fast. It reads a text chunk by chunk between white spaces, where BERT always splits words:
 * plain ASCII directly, other chunks by the library, and no further than the limit.
 */
import type { BertSettings } from './bert-definition.js';
import type { GeneralEncoder } from './general-encoder.js';
import { IdBuffer } from './id-buffer.js';
import type { TokenizerDefinition } from './tokenizer-definition.js';
import { WordPiece } from './word-piece.js';

const MAXIMUM_CACHED_CHUNKS = 16_384;
const MAXIMUM_CACHED_LENGTH = 64;

export class BertEncoder {
  readonly #wordPiece: WordPiece;
  readonly #general: GeneralEncoder;
  readonly #addedTokens: readonly string[];
  readonly #startsAddedToken = new Uint8Array(128);
  readonly #cache = new Map<string, Int32Array>();
  readonly #out = new IdBuffer();

  constructor(definition: TokenizerDefinition, bert: BertSettings, general: GeneralEncoder) {
    this.#wordPiece = new WordPiece(definition.vocabulary, bert);
    this.#general = general;
    this.#addedTokens = definition.json.added_tokens.map(({ content }) => content);
    for (const token of this.#addedTokens) this.#startsAddedToken[token.charCodeAt(0)] = 1;
  }

  /** The first `limit` ids of a text. */
  encode(text: string, limit: number): Int32Array {
    const out = this.#out;
    out.length = 0;
    const end = text.length;
    for (let at = 0; at < end && out.length < limit; ) {
      if (isWhiteSpace(text.charCodeAt(at))) {
        at++;
        continue;
      }
      const start = at;
      let isPlain = true;
      let mayHoldAddedToken = false;
      for (; at < end; at++) {
        const code = text.charCodeAt(at);
        if (isWhiteSpace(code)) break;
        if (code < 0x20 || code > 0x7e) isPlain = false;
        else if (this.#startsAddedToken[code] === 1) mayHoldAddedToken = true;
      }
      if (isPlain && !(mayHoldAddedToken && this.#holdsAddedToken(text.slice(start, at)))) {
        this.#wordPiece.encodeAscii(text, start, at, limit, out);
      } else {
        this.#encodeChunk(text.slice(start, at), limit);
      }
    }
    return out.take(limit);
  }

  #encodeChunk(chunk: string, limit: number): void {
    const out = this.#out;
    const remembered = this.#cache.get(chunk);
    if (remembered) {
      out.append(remembered);
      return;
    }
    const before = out.length;
    if (this.#holdsAddedToken(chunk)) {
      out.append(this.#general.encode(chunk));
    } else {
      for (const word of this.#general.words(chunk)) {
        this.#wordPiece.encodeWord(word, countCharacters(word), out);
        if (out.length >= limit) return; // an incomplete chunk is not cached
      }
    }
    if (chunk.length <= MAXIMUM_CACHED_LENGTH) this.#remember(chunk, out.copyFrom(before));
  }

  #remember(chunk: string, ids: Int32Array): void {
    if (this.#cache.size >= MAXIMUM_CACHED_CHUNKS) this.#cache.clear();
    // A slice keeps the whole text in memory; a copy does not.
    this.#cache.set(Buffer.from(chunk, 'utf16le').toString('utf16le'), ids);
  }

  #holdsAddedToken(chunk: string): boolean {
    return this.#addedTokens.some((token) => chunk.includes(token));
  }
}

function isWhiteSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;
}

/** Counts code points, so that a character of two UTF-16 units counts once. */
function countCharacters(word: string): number {
  let count = 0;
  for (const _ of word) count++;
  return count;
}
