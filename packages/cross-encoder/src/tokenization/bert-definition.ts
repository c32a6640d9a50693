/** BERT's tokenizer: recognizes it in a `tokenizer.json`, and builds it from a `vocab.txt`. */
import {
  type JsonRecord,
  type TokenizerDefinition,
  TokenizerError,
} from './tokenizer-definition.js';

/** How a BERT tokenizer prepares a text before it looks words up. */
export interface BertSettings {
  readonly lowercase: boolean;
  /** `null` means the value of `lowercase`. */
  readonly stripAccents: boolean | null;
  readonly splitChineseCharacters: boolean;
  readonly prefix: string;
  readonly unknownToken: string;
  readonly maximumWordLength: number;
}

/**
 * The settings of a BERT tokenizer (BertNormalizer, BertPreTokenizer, WordPiece), or `undefined`
 * for a tokenizer of another kind. `tokenizer_config.json` overrides `tokenizer.json`, as in transformers.
 */
export function bertSettings({
  json,
  config,
}: Pick<TokenizerDefinition, 'json' | 'config'>): BertSettings | undefined {
  const { normalizer, pre_tokenizer: preTokenizer, model } = json;
  const isBert =
    normalizer?.type === 'BertNormalizer' &&
    normalizer.clean_text !== false &&
    preTokenizer?.type === 'BertPreTokenizer' &&
    (model.type ?? 'WordPiece') === 'WordPiece';
  if (!isBert) return undefined;
  const stripAccents = config.strip_accents ?? normalizer.strip_accents ?? null;
  return {
    lowercase: Boolean(config.do_lower_case ?? normalizer.lowercase ?? true),
    stripAccents: stripAccents === null ? null : Boolean(stripAccents),
    splitChineseCharacters: Boolean(
      config.tokenize_chinese_chars ?? normalizer.handle_chinese_chars ?? true,
    ),
    prefix: String(model.continuing_subword_prefix ?? '##'),
    unknownToken: String(model.unk_token),
    maximumWordLength: Number(model.max_input_chars_per_word ?? 100),
  };
}

/** The BertNormalizer with these settings. */
export function bertNormalizer(settings: BertSettings): JsonRecord {
  return {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: settings.splitChineseCharacters,
    strip_accents: settings.stripAccents,
    lowercase: settings.lowercase,
  };
}

/** The special tokens by their keys in the configuration, with BERT's usual text. */
export const specialTokenKeys = [
  ['unk_token', '[UNK]'],
  ['sep_token', '[SEP]'],
  ['pad_token', '[PAD]'],
  ['cls_token', '[CLS]'],
  ['mask_token', '[MASK]'],
] as const;

/**
 * The `tokenizer.json` that is equivalent to a `vocab.txt` (one token per line; its id is the number of the
 * line, from 0) and a `tokenizer_config.json`.
 * @throws {TokenizerError} when a special token is not in the vocabulary.
 */
export function bertDefinition(vocabularyText: string, config: JsonRecord): JsonRecord {
  const lines = vocabularyText.split('\n').map((line) => line.replace(/\r$/, ''));
  while (lines.at(-1) === '') lines.pop();
  const ids = new Map(lines.map((token, id) => [token, id]));
  const special = new Map<string, { id: number; content: string }>();
  for (const [key, usual] of specialTokenKeys) {
    const content = tokenText(config[key]) ?? usual;
    const id = ids.get(content);
    if (id === undefined) {
      if (key === 'mask_token') continue; // only masked language models need it
      throw new TokenizerError('malformed', `vocab.txt does not contain the ${key} ${content}.`);
    }
    special.set(key, { id, content });
  }
  const sequence = (id: 'A' | 'B', typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const token = (key: string, typeId: number) => ({
    SpecialToken: { id: special.get(key)?.content, type_id: typeId },
  });
  const single = [token('cls_token', 0), sequence('A', 0), token('sep_token', 0)];
  const templateToken = (key: string) => {
    const { id, content } = special.get(key) ?? {};
    return [content, { id: content, ids: [id], tokens: [content] }];
  };
  return {
    version: '1.0',
    added_tokens: [...special.values()]
      .sort((a, b) => a.id - b.id)
      .map(({ id, content }) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
    normalizer: bertNormalizer({
      lowercase: Boolean(config.do_lower_case ?? true),
      stripAccents: (config.strip_accents as boolean | null | undefined) ?? null,
      splitChineseCharacters: Boolean(config.tokenize_chinese_chars ?? true),
      prefix: '##',
      unknownToken: '[UNK]',
      maximumWordLength: 100,
    }),
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B', 1), token('sep_token', 1)],
      special_tokens: Object.fromEntries(['cls_token', 'sep_token'].map(templateToken)),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: special.get('unk_token')?.content,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}

/** The text of a special token, which configuration files give as text or as an object with `content`. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'content' in value) {
    return typeof value.content === 'string' ? value.content : undefined;
  }
  return undefined;
}
