/** The definition of a tokenizer, checked: its vocabulary, ids and sizes are valid. */
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** A token that is matched in the unchanged text, such as `[SEP]`. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special?: boolean;
  readonly normalized?: boolean;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** The parts of `tokenizer.json`, by their names there. */
export interface TokenizerJson {
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: JsonRecord | null;
  readonly pre_tokenizer: JsonRecord | null;
  readonly post_processor: JsonRecord | null;
  readonly decoder: JsonRecord | null;
  readonly model: JsonRecord;
  readonly [other: string]: unknown;
}

export type JsonRecord = Readonly<Record<string, unknown>>;

export interface TokenizerDefinition {
  readonly json: TokenizerJson;
  /** `tokenizer_config.json`, with the special tokens of `special_tokens_map.json` filled in. */
  readonly config: JsonRecord;
  /** Every token, added ones included, with its id. */
  readonly vocabulary: ReadonlyMap<string, number>;
}

/** Tokenizer files or a request that cannot be used. The message says what to do. */
export class TokenizerError extends CodedError<
  'missing' | 'too-large' | 'malformed' | 'unsupported' | 'max-length'
> {
  override readonly name = 'TokenizerError';
  readonly kind = 'damaged';
}
