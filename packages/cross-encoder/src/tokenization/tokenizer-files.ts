/** A tokenizer as the files that Hugging Face libraries read. */
import { bertNormalizer, bertSettings, specialTokenKeys, tokenText } from './bert-definition.js';
import type { TokenizerDefinition } from './tokenizer-definition.js';

/** Settings that hold paths of the machine that saved the tokenizer. */
const placeKeys = ['name_or_path', '_name_or_path', 'tokenizer_file', 'special_tokens_map_file'];

/** The files by name: `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json`, `vocab.txt`. */
export function tokenizerFiles(definition: TokenizerDefinition): Map<string, string> {
  const bert = bertSettings(definition);
  const { json } = definition;
  const special = specialTokens(definition);
  const config: Record<string, unknown> = { ...definition.config, ...special };
  for (const key of placeKeys) delete config[key];
  if (bert) {
    config.do_lower_case = bert.lowercase;
    config.strip_accents = bert.stripAccents;
    config.tokenize_chinese_chars = bert.splitChineseCharacters;
    config.tokenizer_class ??= 'BertTokenizer';
  }
  if (config.added_tokens_decoder !== undefined) {
    config.added_tokens_decoder = Object.fromEntries(
      json.added_tokens.map(({ id, ...token }) => [id, token]),
    );
  }
  const files = new Map([
    [
      'tokenizer.json',
      JSON.stringify({ ...json, normalizer: bert ? bertNormalizer(bert) : json.normalizer }),
    ],
    ['tokenizer_config.json', `${JSON.stringify(config, null, 2)}\n`],
    ['special_tokens_map.json', `${JSON.stringify(special, null, 2)}\n`],
  ]);
  const lines = vocabularyLines(definition);
  if (lines) files.set('vocab.txt', `${lines.join('\n')}\n`);
  return files;
}

function specialTokens({ config, vocabulary }: TokenizerDefinition): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, usual] of specialTokenKeys) {
    const token = tokenText(config[key]) ?? usual;
    if (vocabulary.has(token)) found[key] = token;
  }
  return found;
}

/** The lines of `vocab.txt`, if the tokenizer is a WordPiece without gaps in its ids or line ends in its tokens. */
function vocabularyLines({ json, vocabulary }: TokenizerDefinition): string[] | undefined {
  if ((json.model.type ?? 'WordPiece') !== 'WordPiece') return undefined;
  const lines: string[] = [];
  for (const [token, id] of vocabulary) {
    if (/[\r\n]/.test(token)) return undefined;
    lines[id] = token;
  }
  const isDense = lines.length === vocabulary.size && !lines.includes('');
  return isDense ? lines : undefined;
}
