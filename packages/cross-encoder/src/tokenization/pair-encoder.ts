/** Encodes pairs and caches the tokens of each text, because a query occurs with many documents. */
import type { PairEncoding, Tokenizer } from './tokenizer.js';

/** Texts whose tokens are cached; beyond this number the oldest are dropped. */
const REMEMBERED_TEXTS = 50_000;

export class PairEncoder {
  readonly #tokenizer: Tokenizer;
  readonly #maxLength: number;
  readonly #tokens = new Map<string, Int32Array>();

  constructor(tokenizer: Tokenizer, maxLength: number) {
    this.#tokenizer = tokenizer;
    this.#maxLength = maxLength;
  }

  /** Uses only the first `maxDocumentTokens` tokens of the document. */
  encode(query: string, document: string, maxDocumentTokens = Infinity): PairEncoding {
    const tokens = this.#tokenize(document);
    const isCut = tokens.length > maxDocumentTokens;
    const kept = isCut ? tokens.subarray(0, maxDocumentTokens) : tokens;
    const encoding = this.#tokenizer.combine(this.#tokenize(query), kept, this.#maxLength);
    return isCut ? { ...encoding, truncated: true } : encoding;
  }

  #tokenize(text: string): Int32Array {
    const known = this.#tokens.get(text);
    if (known) return known;
    // Twice the maximum length gives the same truncation as the whole text.
    const tokens = this.#tokenizer.tokenize(text, this.#maxLength * 2);
    if (this.#tokens.size >= REMEMBERED_TEXTS) {
      const [oldest] = this.#tokens.keys();
      this.#tokens.delete(oldest as string);
    }
    this.#tokens.set(text, tokens);
    return tokens;
  }
}
