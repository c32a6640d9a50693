/** The model that training starts from: fewer layers and tokens of a larger encoder. */
import {
  CrossEncoder,
  type Tokenizer,
  trimVocabulary,
  type Weights,
} from '@learning-reranker/cross-encoder';

export interface InitialModelOptions {
  /** Layers to keep, by their number from 0. */
  readonly layers: readonly number[];
  /** Most tokens to keep, special ones and single characters included. */
  readonly vocabularySize: number;
  /** Texts by which tokens are counted, with how much each counts. */
  readonly texts: Iterable<readonly [text: string, weight: number]>;
  readonly seed: number;
}

/** The encoder in `folder` as a cross-encoder of one logit with the layers and tokens asked for. */
export async function initialModel(
  folder: string,
  options: InitialModelOptions,
): Promise<CrossEncoder> {
  const whole = await CrossEncoder.load(folder, { seed: options.seed });
  const { tokenizer, keptIds } = trimVocabulary(
    whole.tokenizer,
    frequentTokens(whole.tokenizer, options),
  );
  const words = 'bert.embeddings.word_embeddings.weight';
  const weights: Weights = new Map();
  for (const [name, tensor] of whole.weights) {
    const layer = /^bert\.encoder\.layer\.(\d+)\.(.+)$/.exec(name);
    if (layer) {
      const place = options.layers.indexOf(Number(layer[1]));
      if (place >= 0) weights.set(`bert.encoder.layer.${place}.${layer[2]}`, tensor);
    } else if (name === words) {
      const width = tensor.shape[1] as number;
      const data = new Float32Array(keptIds.length * width);
      keptIds.forEach((id, row) => {
        data.set(tensor.data.subarray(id * width, (id + 1) * width), row * width);
      });
      weights.set(name, { shape: [keptIds.length, width], data });
    } else weights.set(name, tensor);
  }
  const config = {
    ...whole.config,
    num_hidden_layers: options.layers.length,
    vocab_size: keptIds.length,
  };
  return new CrossEncoder({
    config,
    weights,
    tokenizer,
    maxLength: 512,
    activation: 'Sigmoid',
  });
}

/** The tokens that occur most, as many as fit beside those that are kept in any case. */
function frequentTokens(tokenizer: Tokenizer, { texts, vocabularySize }: InitialModelOptions) {
  const counts = new Float64Array(tokenizer.vocabulary.size);
  for (const [text, weight] of texts) {
    for (const id of tokenizer.tokenize(text)) counts[id] = (counts[id] ?? 0) + weight;
  }
  const always = trimVocabulary(tokenizer, []).keptIds;
  for (const id of always) counts[id] = Number.POSITIVE_INFINITY;
  return [...tokenizer.vocabulary]
    .sort(([, a], [, b]) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)
    .slice(0, vocabularySize)
    .map(([token]) => token);
}
