/** Pairs of texts to the token ids a cross-encoder reads, truncated as Hugging Face does. */
import { join } from 'node:path';
import { writeFileAtomically } from '../formats/atomic-write.js';
import { bertSettings, tokenText } from './bert-definition.js';
import { BertEncoder } from './bert-encoder.js';
import { GeneralEncoder } from './general-encoder.js';
import {
  countSpecialTokens,
  fillTemplate,
  readTemplates,
  type Templates,
} from './pair-template.js';
import { checkDefinition, readTokenizerDefinition } from './read-definition.js';
import {
  type AddedToken,
  type TokenizerDefinition,
  TokenizerError,
} from './tokenizer-definition.js';
import { tokenizerFiles } from './tokenizer-files.js';

/** One pair (or one text) as a model reads it; both arrays are as long as the sequence. */
export interface PairEncoding {
  readonly inputIds: Int32Array;
  /** 0 for the query and its special tokens, 1 for the document and its last `[SEP]`. */
  readonly tokenTypeIds: Uint8Array;
  /** Whether tokens were cut off to fit the maximum length. */
  readonly truncated: boolean;
}

/** Ids of the special tokens; `undefined` where the tokenizer has none. */
export interface SpecialTokenIds {
  readonly padding: number | undefined;
  readonly unknown: number | undefined;
  readonly classification: number | undefined;
  readonly separator: number | undefined;
  readonly mask: number | undefined;
}

/**
 * A tokenizer of any Hugging Face folder, with a fast path for BERT's that gives the same ids.
 *
 * To score a query against many documents, tokenize it once: `combine(tokenize(query), tokenize(document),
 * maxLength)` equals `encodePair(query, document, maxLength)`.
 */
export class Tokenizer {
  readonly definition: TokenizerDefinition;
  /** Every token with its id, added tokens included. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly specialTokenIds: SpecialTokenIds;
  /** `model_max_length` of the configuration, if it states one. */
  readonly maxLength: number | undefined;
  readonly #encoder: BertEncoder | GeneralEncoder;
  readonly #templates: Templates;
  readonly #specialsInPair: number;
  readonly #specialsInSingle: number;

  /** @throws {TokenizerError} when the definition needs something unknown. */
  constructor(definition: TokenizerDefinition) {
    this.definition = definition;
    this.vocabulary = definition.vocabulary;
    this.specialTokenIds = specialTokenIds(definition);
    this.maxLength = statedMaxLength(definition.config.model_max_length);
    this.#encoder = fastestEncoder(definition);
    this.#templates = readTemplates(definition.json.post_processor);
    this.#specialsInPair = countSpecialTokens(this.#templates.pair);
    this.#specialsInSingle = countSpecialTokens(this.#templates.single);
  }

  /**
   * Reads `tokenizer.json`, or `vocab.txt`, with `tokenizer_config.json` and
   * `special_tokens_map.json` where they are.
   * @throws {TokenizerError} when the files are missing, too large, malformed or unsupported.
   */
  static async load(folder: string): Promise<Tokenizer> {
    return new Tokenizer(await readTokenizerDefinition(folder));
  }

  /**
   * Makes a tokenizer from the parsed contents of `tokenizer.json` and `tokenizer_config.json`.
   * @throws {TokenizerError} when they are malformed or unsupported.
   */
  static fromJson(json: Record<string, unknown>, config: Record<string, unknown> = {}): Tokenizer {
    return new Tokenizer(checkDefinition(json, config));
  }

  /**
   * The first `limit` token ids of a text, without special tokens. The rest of a long text may not be read.
   */
  tokenize(text: string, limit = Number.POSITIVE_INFINITY): Int32Array {
    return this.#encoder.encode(text, limit);
  }

  /** The number of tokens of a text, without special tokens. */
  tokenCount(text: string): number {
    return this.tokenize(text).length;
  }

  /**
   * Lays out a tokenized query and document as `[CLS] query [SEP] document [SEP]`, cut to
   * `maxLength` by `longest_first`. Ids that were already cut at `maxLength` or more give the same result,
   * except that if both were cut, the odd token may go to the other text.
   * @throws {TokenizerError} when `maxLength` leaves no room for the special tokens.
   */
  combine(query: Int32Array, document: Int32Array, maxLength: number): PairEncoding {
    const room = this.#room(maxLength, this.#specialsInPair);
    const [queryLength, documentLength] = longestFirst(query.length, document.length, room);
    const laidOut = fillTemplate(this.#templates.pair, {
      A: query.subarray(0, queryLength),
      B: document.subarray(0, documentLength),
    });
    return { ...laidOut, truncated: query.length + document.length > room };
  }

  /**
   * Encodes a query and a document as one sequence of at most `maxLength` tokens.
   * @throws {TokenizerError} when `maxLength` leaves no room for the special tokens.
   */
  encodePair(query: string, document: string, maxLength: number): PairEncoding {
    // One token more than there is room for shows that a text is too long.
    const room = this.#room(maxLength, this.#specialsInPair);
    const enough = room + 1;
    let queryIds = this.tokenize(query, enough);
    let documentIds = this.tokenize(document, enough);
    const bothCut = queryIds.length === enough && documentIds.length === enough;
    if (bothCut && room % 2 === 1) {
      // The longer of two long texts keeps the odd token, so their whole lengths are needed.
      queryIds = this.tokenize(query);
      documentIds = this.tokenize(document);
    }
    return this.combine(queryIds, documentIds, maxLength);
  }

  /**
   * Encodes one text as `[CLS] text [SEP]`, as bi-encoders read it, cut to `maxLength` tokens.
   * @throws {TokenizerError} when `maxLength` leaves no room for the special tokens.
   */
  encode(text: string, maxLength = Number.POSITIVE_INFINITY): PairEncoding {
    const room = this.#room(maxLength, this.#specialsInSingle);
    const ids = this.tokenize(text, room + 1);
    const none = new Int32Array();
    const laidOut = fillTemplate(this.#templates.single, { A: ids.subarray(0, room), B: none });
    return { ...laidOut, truncated: ids.length > room };
  }

  /** The files that other libraries read this tokenizer from, by name. */
  files(options: { maxLength?: number } = {}): Map<string, string> {
    const { maxLength } = options;
    if (maxLength === undefined) return tokenizerFiles(this.definition);
    const config = { ...this.definition.config, model_max_length: maxLength };
    return tokenizerFiles({ ...this.definition, config });
  }

  /**
   * Writes `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json` and, for WordPiece,
   * `vocab.txt`.
   * @throws {AtomicWriteError} when the disk fails.
   */
  async save(folder: string): Promise<void> {
    for (const [name, text] of this.files()) await writeFileAtomically(join(folder, name), text);
  }

  #room(maxLength: number, specials: number): number {
    if (maxLength >= specials) return Math.floor(maxLength) - specials;
    throw new TokenizerError(
      'max-length',
      `expected a maximum length of at least ${specials} tokens, which the special tokens take, got ${maxLength}.`,
    );
  }
}

/** The fastest encoder that gives this tokenizer's ids. */
function fastestEncoder(definition: TokenizerDefinition): BertEncoder | GeneralEncoder {
  const bert = bertSettings(definition);
  const general = new GeneralEncoder(definition);
  const staysSimple = definition.json.added_tokens.every(isMatchedBetweenWhiteSpace);
  return bert && staysSimple ? new BertEncoder(definition, bert, general) : general;
}

/** Whether an added token matches the unchanged text between white spaces. */
function isMatchedBetweenWhiteSpace(token: AddedToken): boolean {
  const isNormalized = token.normalized ?? !token.special;
  return !isNormalized && !token.single_word && !/\s/.test(token.content);
}

function specialTokenIds({ config, vocabulary }: TokenizerDefinition): SpecialTokenIds {
  const idOf = (key: string, ...usual: string[]) =>
    [tokenText(config[key]), ...usual]
      .map((token) => (token === undefined ? undefined : vocabulary.get(token)))
      .find((id) => id !== undefined);
  return {
    padding: idOf('pad_token', '[PAD]', '<pad>'),
    unknown: idOf('unk_token', '[UNK]', '<unk>'),
    classification: idOf('cls_token', '[CLS]', '<s>'),
    separator: idOf('sep_token', '[SEP]', '</s>'),
    mask: idOf('mask_token', '[MASK]', '<mask>'),
  };
}

/** Hugging Face writes 10^30 for an unknown length. */
function statedMaxLength(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 && value < 1e9 ? Math.floor(value) : undefined;
}

/**
 * How many tokens each text of a pair keeps if both together have `room` tokens: the strategy
 * `longest_first` of Hugging Face tokenizers. The longer text is cut first. If both are long they end equal,
 * and an odd token goes to the longer one, or to the second of two equal ones.
 */
export function longestFirst(
  firstLength: number,
  secondLength: number,
  room: number,
): [first: number, second: number] {
  if (firstLength + secondLength <= room) return [firstLength, secondLength];
  const short = Math.min(firstLength, secondLength, Math.floor(room / 2));
  const long = room - short;
  return firstLength > secondLength ? [long, short] : [short, long];
}
