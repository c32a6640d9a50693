/** Turns a text into token ids, without special tokens. */

import { bertSettings } from './bert-definition.js';
import { BertEncoder } from './bert-encoder.js';
import { GeneralEncoder } from './general-encoder.js';
import type { AddedToken, TokenizerDefinition } from './tokenizer-definition.js';

/** Returns the first `limit` ids of a text. It may stop reading there. */
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

/** Whether an added token matches the unchanged text between white spaces. */
function isMatchedBetweenWhiteSpace(token: AddedToken): boolean {
  const isNormalized = token.normalized ?? !token.special;
  return !isNormalized && !token.single_word && !/\s/.test(token.content);
}
