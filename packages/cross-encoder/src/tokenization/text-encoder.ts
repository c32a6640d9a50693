/** Text to token ids, without the special tokens around them. */

import { bertSettings } from './bert-definition.js';
import { BertEncoder } from './bert-encoder.js';
import { GeneralEncoder } from './general-encoder.js';
import type { AddedToken, TokenizerDefinition } from './tokenizer-definition.js';

/** Gives the first `limit` ids of a text, and may read no more of it than that takes. */
export interface TextEncoder {
  encode(text: string, limit: number): Int32Array;
}

/**
 * The fastest encoder that gives this tokenizer's ids.
 * @throws {TokenizerError} when the definition asks for something that is not known.
 */
export function createTextEncoder(definition: TokenizerDefinition): TextEncoder {
  const bert = bertSettings(definition);
  const general = new GeneralEncoder(definition);
  const staysSimple = definition.json.added_tokens.every(isMatchedBetweenWhiteSpace);
  return bert && staysSimple ? new BertEncoder(definition, bert, general) : general;
}

/** Whether an added token can be looked for between white spaces, in the text as it stands. */
function isMatchedBetweenWhiteSpace(token: AddedToken): boolean {
  const isNormalized = token.normalized ?? !token.special;
  return !isNormalized && !token.single_word && !/\s/.test(token.content);
}
