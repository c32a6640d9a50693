/** A cross-encoder small enough to train in a test: two layers, 16 wide, letters and a few words. */
import { bert } from '../src/architectures/bert.js';
import { CrossEncoder } from '../src/cross-encoder.js';
import type { Weights } from '../src/formats/weights.js';
import { SeededRandom } from '../src/random/seeded-random.js';
import { Tokenizer } from '../src/tokenization/tokenizer.js';
import type { TrainingExample } from '../src/training/example.js';

const words = ['red', 'green', 'blue', 'sky', 'grass', 'blood', 'sea', 'leaf', 'rose', 'ink'];
const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const vocabulary = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...letters,
  ...letters.map((letter) => `##${letter}`),
  ...words,
];

export function tinyModel(
  options: { numLabels?: number; dropout?: number; seed?: number } = {},
): CrossEncoder {
  const { numLabels = 1, dropout = 0.1, seed = 1 } = options;
  const config = {
    model_type: 'bert',
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    intermediate_size: 32,
    vocab_size: vocabulary.length,
    max_position_embeddings: 32,
    type_vocab_size: 2,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-12,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    id2label: Object.fromEntries(Array.from({ length: numLabels }, (_, id) => [id, `LABEL_${id}`])),
  };
  const random = new SeededRandom(seed);
  const weights: Weights = new Map();
  for (const [name, shape] of bert.parameterShapes(config)) {
    const length = shape.reduce((count, size) => count * size, 1);
    const isScale = name.endsWith('LayerNorm.weight');
    const data = Float32Array.from({ length }, () => (isScale ? 1 : random.nextNormal() * 0.2));
    weights.set(name, { shape, data });
  }
  const activation = numLabels === 1 ? 'Sigmoid' : 'Identity';
  const parts = { config, weights, tokenizer: tinyTokenizer(), maxLength: 32, activation } as const;
  return new CrossEncoder(parts, { threads: 1 });
}

export function tinyTokenizer(): Tokenizer {
  return Tokenizer.fromJson({
    added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
      pair: [
        special('[CLS]', 0),
        sequence('A', 0),
        special('[SEP]', 0),
        sequence('B', 1),
        special('[SEP]', 1),
      ],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  });
}

const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });

const colours: Readonly<Record<string, string>> = {
  sky: 'blue',
  sea: 'blue',
  ink: 'blue',
  grass: 'green',
  leaf: 'green',
  blood: 'red',
  rose: 'red',
};

/** What colour is it? The right colour is labelled 1, the others 0. */
export function colourPairs(): TrainingExample[] {
  return Object.entries(colours).flatMap(([thing, colour]) =>
    ['red', 'green', 'blue'].map((document) => ({
      query: thing,
      documents: [document],
      labels: [document === colour ? 1 : 0],
    })),
  );
}

/** The thing and its colour, with one wrong colour as a hard negative. */
export function colourTuples(): TrainingExample[] {
  return Object.entries(colours).map(([query, colour]) => ({
    query,
    documents: [colour, colour === 'red' ? 'green' : 'red'],
  }));
}
