/** Makes a tokenizer with fewer WordPieces, for a model with a smaller embedding table. */
import { bertSettings } from './bert-definition.js';
import { checkDefinition } from './read-definition.js';
import { Tokenizer } from './tokenizer.js';
import { type JsonRecord, TokenizerError } from './tokenizer-definition.js';

/** A trimmed tokenizer; `keptIds[newId]` is the id that token had before, in ascending order. */
export interface TrimmedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly keptIds: Int32Array;
}

/**
 * Keeps the named tokens, all added (special) tokens, and every single ASCII character with its
 * continuation, so that no word of plain ASCII becomes unknown. Tokens that are not in the
 * vocabulary are ignored.
 * @throws {TokenizerError} for a tokenizer that is not BERT's WordPiece.
 */
export function trimVocabulary(
  tokenizer: Tokenizer,
  keepTokens: Iterable<string>,
): TrimmedTokenizer {
  const { json, config, vocabulary } = tokenizer.definition;
  const bert = bertSettings(tokenizer.definition);
  if (!bert) {
    throw new TokenizerError(
      'unsupported',
      'expected a BERT WordPiece tokenizer to trim, got another kind.',
    );
  }
  const keep = new Set(keepTokens);
  for (const { content } of json.added_tokens) keep.add(content);
  for (const token of Object.values(config)) if (typeof token === 'string') keep.add(token);
  for (let code = 0x21; code < 0x7f; code++) {
    const character = String.fromCharCode(code);
    keep.add(character).add(bert.prefix + character);
  }
  const kept = [...vocabulary].filter(([token]) => keep.has(token)).sort(([, a], [, b]) => a - b);
  const newIds = new Map(kept.map(([, id], newId) => [id, newId]));
  const definition = checkDefinition(
    {
      ...json,
      added_tokens: json.added_tokens.map((token) => ({ ...token, id: newIds.get(token.id) })),
      post_processor: renumber(json.post_processor, newIds),
      model: { ...json.model, vocab: Object.fromEntries(kept.map(([token], id) => [token, id])) },
    },
    config,
    'the trimmed tokenizer',
  );
  return {
    tokenizer: new Tokenizer(definition),
    keptIds: Int32Array.from(kept, ([, id]) => id),
  };
}

/** The post-processor with new ids, in `special_tokens.*.ids` or in `cls` and `sep`. */
function renumber(
  postProcessor: JsonRecord | null,
  newIds: ReadonlyMap<number, number>,
): JsonRecord | null {
  if (!postProcessor) return null;
  const result: Record<string, unknown> = { ...postProcessor };
  for (const end of ['cls', 'sep']) {
    const pair = postProcessor[end];
    if (Array.isArray(pair)) result[end] = [pair[0], newIds.get(pair[1])];
  }
  const special = postProcessor.special_tokens as Record<string, { ids: number[] }> | undefined;
  if (special) {
    result.special_tokens = Object.fromEntries(
      Object.entries(special).map(([name, token]) => [
        name,
        { ...token, ids: token.ids.map((id) => newIds.get(id)) },
      ]),
    );
  }
  return result;
}
