/** Any kind of tokenizer, by @huggingface/tokenizers, with corrections where that library differs from Python. */
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { bertNormalizer, bertSettings } from './bert-definition.js';
import { type TokenizerDefinition, TokenizerError } from './tokenizer-definition.js';

const rareIdeographs =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

export class GeneralEncoder {
  readonly #library: LibraryTokenizer;
  readonly #dropsNul: boolean;
  readonly #partsIdeographs: boolean;
  readonly #lowercases: boolean;

  /** @throws {TokenizerError} when the library does not know a part of the tokenizer. */
  constructor(definition: TokenizerDefinition) {
    const { json } = definition;
    const bert = bertSettings(definition);
    this.#dropsNul = bert === undefined; // BERT's own normalizer drops it
    this.#partsIdeographs = bert?.splitChineseCharacters ?? false;
    this.#lowercases = bert?.lowercase ?? false;
    try {
      this.#library = new LibraryTokenizer(
        {
          ...json,
          normalizer: bert ? bertNormalizer(bert) : json.normalizer,
          post_processor: null, // pair-template.ts adds the special tokens
        },
        {},
      );
    } catch (error) {
      throw new TokenizerError('unsupported', `tokenizer.json: ${(error as Error).message}`);
    }
  }

  /** The first `limit` ids of a text. */
  encode(text: string, limit = Number.POSITIVE_INFINITY): Int32Array {
    const { ids } = this.#library.encode(this.#prepare(text), { add_special_tokens: false });
    return Int32Array.from(ids.length > limit ? ids.slice(0, limit) : ids);
  }

  /** The normalized words of a text that has no added token. */
  words(text: string): string[] {
    const prepared = this.#prepare(text);
    const normalized = this.#library.normalizer?.normalize(prepared) ?? prepared;
    return this.#library.pre_tokenizer?.pre_tokenize(normalized) ?? [normalized];
  }

  #prepare(text: string): string {
    // Half a surrogate pair is not a character. Python does not lower-case a final Σ to ς, JavaScript does.
    // The library does not recognize the ideographs beyond the first plane.
    let prepared = text.replace(/\p{Cs}/gu, '\ufffd');
    if (this.#dropsNul) prepared = prepared.replaceAll('\0', '');
    if (this.#lowercases) prepared = prepared.replaceAll('Σ', 'σ');
    return this.#partsIdeographs ? prepared.replace(rareIdeographs, ' $& ') : prepared;
  }
}
