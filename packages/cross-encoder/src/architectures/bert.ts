/** The BERT family as a sequence classifier (Devlin et al. 2018, arXiv:1810.04805): MiniLM, bge, ms-marco-MiniLM. */
import {
  add,
  dropout,
  gelu,
  layerNormalization,
  selectRows,
  type Tensor,
  tanh,
} from '@learning-reranker/onnx-autodiff';
import {
  type Architecture,
  configNumber,
  type ForwardContext,
  type ModelConfig,
  ModelConfigError,
  positiveInteger,
  probability,
} from './architecture.js';
import { attention } from './attention.js';

interface BertConfig {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
  readonly numLabels: number;
  readonly padTokenId: number;
  readonly epsilon: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly classifierDropout: number;
}

export const bert: Architecture = {
  modelType: 'bert',
  labelWeights: ['classifier.weight', 'classifier.bias'],
  isHead: (parameter) =>
    parameter.startsWith('classifier.') || parameter.startsWith('bert.pooler.'),

  dimensions(config) {
    const { heads, numLabels, positions, padTokenId } = readConfig(config);
    return { attentionHeads: heads, numLabels, maxPositions: positions, padTokenId };
  },

  parameterShapes(rawConfig) {
    const c = readConfig(rawConfig);
    const shapes = new Map<string, readonly number[]>();
    const layer = (name: string, out: number, inner: number) => {
      shapes.set(`${name}.weight`, [out, inner]);
      shapes.set(`${name}.bias`, [out]);
    };
    const norm = (name: string) => {
      shapes.set(`${name}.weight`, [c.hidden]);
      shapes.set(`${name}.bias`, [c.hidden]);
    };
    shapes.set('bert.embeddings.word_embeddings.weight', [c.vocabulary, c.hidden]);
    shapes.set('bert.embeddings.position_embeddings.weight', [c.positions, c.hidden]);
    shapes.set('bert.embeddings.token_type_embeddings.weight', [c.tokenTypes, c.hidden]);
    norm('bert.embeddings.LayerNorm');
    for (let index = 0; index < c.layers; index++) {
      const prefix = `bert.encoder.layer.${index}`;
      layer(`${prefix}.attention.self.query`, c.hidden, c.hidden);
      layer(`${prefix}.attention.self.key`, c.hidden, c.hidden);
      layer(`${prefix}.attention.self.value`, c.hidden, c.hidden);
      layer(`${prefix}.attention.output.dense`, c.hidden, c.hidden);
      norm(`${prefix}.attention.output.LayerNorm`);
      layer(`${prefix}.intermediate.dense`, c.intermediate, c.hidden);
      layer(`${prefix}.output.dense`, c.hidden, c.intermediate);
      norm(`${prefix}.output.LayerNorm`);
    }
    layer('bert.pooler.dense', c.hidden, c.hidden);
    layer('classifier', c.numLabels, c.hidden);
    return shapes;
  },

  forward(rawConfig, context) {
    const config = readConfig(rawConfig);
    let x = embed(config, context);
    for (let index = 0; index < config.layers; index++) {
      const isLast = index === config.layers - 1;
      x = encoderLayer(x, `bert.encoder.layer.${index}`, isLast, config, context);
    }
    return classify(x, config, context);
  },
};

function embed(config: BertConfig, { parameter, lookUp, inputs, training }: ForwardContext) {
  const sum = add(
    add(
      lookUp('bert.embeddings.word_embeddings.weight', inputs.inputIds),
      lookUp('bert.embeddings.position_embeddings.weight', inputs.positionIds),
    ),
    lookUp('bert.embeddings.token_type_embeddings.weight', inputs.tokenTypeIds),
  );
  const normed = norm(sum, 'bert.embeddings.LayerNorm', config, parameter);
  return dropout(normed, training ? config.hiddenDropout : 0);
}

/**
 * One layer, [tokens, hidden] to [tokens, hidden]; the last one to [sequences, hidden], since the
 * classifier reads only first tokens: a sixth less work for six layers, and the same result.
 */
function encoderLayer(
  x: Tensor,
  prefix: string,
  isLast: boolean,
  config: BertConfig,
  { parameter, linear, inputs, training }: ForwardContext,
): Tensor {
  const dense = (input: Tensor, name: string) => linear(input, `${prefix}.${name}`);
  const hiddenDropout = training ? config.hiddenDropout : 0;

  const queried = isLast ? selectRows(x, inputs.firstTokens.index, inputs.firstTokens.places) : x;
  const attended = attention(
    dense(queried, 'attention.self.query'),
    dense(x, 'attention.self.key'),
    dense(x, 'attention.self.value'),
    inputs.attention,
    { heads: config.heads, dropout: training ? config.attentionDropout : 0 },
  );
  const projected = dropout(dense(attended, 'attention.output.dense'), hiddenDropout);
  const afterAttention = norm(
    add(projected, queried),
    `${prefix}.attention.output.LayerNorm`,
    config,
    parameter,
  );

  const activated = gelu(dense(afterAttention, 'intermediate.dense'));
  const output = dropout(dense(activated, 'output.dense'), hiddenDropout);
  return norm(add(output, afterAttention), `${prefix}.output.LayerNorm`, config, parameter);
}

/** The head on first tokens [packed sequences, hidden]: logits of the wanted sequences. */
function classify(
  first: Tensor,
  config: BertConfig,
  { exactLinear, inputs, training }: ForwardContext,
): Tensor {
  const wanted = selectRows(first, inputs.sequences.index, inputs.sequences.places);
  const pooled = tanh(exactLinear(wanted, 'bert.pooler.dense'));
  return exactLinear(dropout(pooled, training ? config.classifierDropout : 0), 'classifier');
}

function norm(
  x: Tensor,
  name: string,
  config: BertConfig,
  parameter: ForwardContext['parameter'],
): Tensor {
  return layerNormalization(
    x,
    parameter(`${name}.weight`),
    parameter(`${name}.bias`),
    config.epsilon,
  );
}

/** More layers than any model has: a limit, since the weights of each layer are listed. */
const MOST_LAYERS = 500;

function readConfig(config: ModelConfig): BertConfig {
  requireValue(config, 'hidden_act', 'gelu');
  requireValue(config, 'position_embedding_type', 'absolute');
  const hidden = positiveInteger(config, 'hidden_size');
  const heads = positiveInteger(config, 'num_attention_heads');
  if (hidden % heads !== 0) {
    throw new ModelConfigError(
      `config.json: 'hidden_size' ${hidden} is not a multiple of 'num_attention_heads' ${heads}`,
    );
  }
  const hiddenDropout = probability(config, 'hidden_dropout_prob', 0.1);
  const vocabulary = positiveInteger(config, 'vocab_size');
  return {
    hidden,
    heads,
    layers: positiveInteger(config, 'num_hidden_layers', undefined, MOST_LAYERS),
    intermediate: positiveInteger(config, 'intermediate_size'),
    vocabulary,
    positions: positiveInteger(config, 'max_position_embeddings'),
    tokenTypes: positiveInteger(config, 'type_vocab_size', 2),
    numLabels: numLabels(config),
    padTokenId: padTokenId(config, vocabulary),
    epsilon: epsilon(config),
    hiddenDropout,
    attentionDropout: probability(config, 'attention_probs_dropout_prob', 0.1),
    classifierDropout: probability(config, 'classifier_dropout', hiddenDropout),
  };
}

function requireValue(config: ModelConfig, key: string, value: string): void {
  const given = config[key] ?? value;
  if (given === value) return;
  throw new ModelConfigError(
    `config.json: '${key}' must be '${value}', got ${JSON.stringify(given)}`,
  );
}

/** The token that fills a batch; its embedding is read, so it must be one of the vocabulary. */
function padTokenId(config: ModelConfig, vocabulary: number): number {
  const expected = `a token of the vocabulary, from 0 to ${vocabulary - 1}`;
  const isToken = (id: number) => Number.isInteger(id) && id >= 0 && id < vocabulary;
  return configNumber(config, 'pad_token_id', 0, expected, isToken);
}

function epsilon(config: ModelConfig): number {
  const isValid = (value: number) => value >= 0 && Number.isFinite(value);
  return configNumber(config, 'layer_norm_eps', 1e-12, 'a number of at least 0', isValid);
}

/** The number of labels in `id2label`; without it a cross-encoder has one. */
function numLabels(config: ModelConfig): number {
  const { id2label } = config;
  if (typeof id2label === 'object' && id2label !== null) return Object.keys(id2label).length;
  return positiveInteger(config, 'num_labels', 1);
}
