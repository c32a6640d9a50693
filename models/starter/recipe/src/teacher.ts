/** The teacher: a bi-encoder of the BERT family, mean pooling, unit length (all-MiniLM-L6-v2). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors, Tokenizer, type Weights } from '@learning-reranker/cross-encoder';
import {
  add,
  GraphSession,
  gelu,
  input,
  layerNormalization,
  linear,
  lookUpRows,
  type Tensor,
} from '@learning-reranker/onnx-autodiff';
import { attention, packedInputs, packSequences } from '@learning-reranker/cross-encoder/internals';

/** Sorted by length, sequences of a run differ little. */
const LAYOUT = { groups: 2, single: false } as const;
const TOKENS_IN_RUN = 4096;

interface BertSize {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly layer_norm_eps: number;
}

export class Teacher {
  readonly hidden: number;
  readonly #session: GraphSession;
  readonly #tokenizer: Tokenizer;
  readonly #heads: number;

  private constructor(session: GraphSession, tokenizer: Tokenizer, size: BertSize) {
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#heads = size.num_attention_heads;
    this.hidden = size.hidden_size;
  }

  /** Opens the bi-encoder's folder; `layers` keeps the first ones alone. */
  static async load(folder: string, threads = 2): Promise<Teacher> {
    const size = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as BertSize;
    const { weights } = await readSafetensors(join(folder, 'model.safetensors'));
    const tokenizer = await Tokenizer.load(folder);
    const session = await GraphSession.create(
      { outputs: { states: encoder(size, weights) }, initializers: weights },
      { threads },
    );
    return new Teacher(session, tokenizer, size);
  }

  /** Unit vectors of texts, [texts, hidden], each text cut at `maxLength` tokens. */
  async embed(
    texts: readonly string[],
    maxLength = 256,
    onProgress: (done: number) => void = () => {},
  ): Promise<Float32Array> {
    const sequences = texts.map((text) => this.#tokenizer.encode(text, maxLength));
    const lengthOf = (index: number) => sequences[index]?.inputIds.length ?? 0;
    const order = texts.map((_, index) => index).sort((a, b) => lengthOf(b) - lengthOf(a));
    const vectors = new Float32Array(texts.length * this.hidden);
    for (let from = 0; from < order.length; ) {
      const count = Math.max(1, Math.floor(TOKENS_IN_RUN / lengthOf(order[from] ?? 0)));
      const members = order.slice(from, from + count);
      const { feeds } = packSequences(
        members.map((index) => sequences[index] ?? null),
        { heads: this.#heads, attention: LAYOUT, padTokenId: 0 },
      );
      const result = await this.#session.run(feeds, new Map([['states', null]]));
      const states = result.get('states')?.data as Float32Array;
      let row = 0;
      for (const index of members) {
        const vector = vectors.subarray(index * this.hidden, (index + 1) * this.hidden);
        row = addRows(states, row, lengthOf(index), vector);
        toUnitLength(vector);
      }
      from += count;
      onProgress(from);
    }
    return vectors;
  }
}

function addRows(states: Float32Array, first: number, rows: number, sum: Float32Array): number {
  const hidden = sum.length;
  for (let row = first; row < first + rows; row++) {
    for (let at = 0; at < hidden; at++) sum[at] = (sum[at] ?? 0) + (states[row * hidden + at] ?? 0);
  }
  return first + rows;
}

/** The mean of token states points where their sum does. */
function toUnitLength(vector: Float32Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? 0) / (length || 1);
}

/** The states of all tokens after the last layer, [tokens, hidden]. */
function encoder(size: BertSize, weights: Weights): Tensor {
  const inputs = packedInputs(size.num_attention_heads, LAYOUT);
  const parameter = (name: string) => input(name, 'float32', weights.get(name)?.shape ?? []);
  const norm = (x: Tensor, name: string) =>
    layerNormalization(
      x,
      parameter(`${name}.weight`),
      parameter(`${name}.bias`),
      size.layer_norm_eps,
    );
  const dense = (x: Tensor, name: string) =>
    linear(x, parameter(`${name}.weight`), parameter(`${name}.bias`));
  const table = (name: string, rows: Tensor) =>
    lookUpRows(parameter(`embeddings.${name}_embeddings.weight`), rows);
  const words = add(table('word', inputs.inputIds), table('position', inputs.positionIds));
  let x = norm(add(words, table('token_type', inputs.tokenTypeIds)), 'embeddings.LayerNorm');
  for (let layer = 0; layer < size.num_hidden_layers; layer++) {
    const at = (name: string) => `encoder.layer.${layer}.${name}`;
    const [query, key, value] = ['query', 'key', 'value'].map((name) =>
      dense(x, at(`attention.self.${name}`)),
    ) as [Tensor, Tensor, Tensor];
    const attended = attention(query, key, value, inputs.attention, {
      heads: size.num_attention_heads,
      dropout: 0,
    });
    x = norm(
      add(dense(attended, at('attention.output.dense')), x),
      at('attention.output.LayerNorm'),
    );
    const activated = gelu(dense(x, at('intermediate.dense')));
    x = norm(add(dense(activated, at('output.dense')), x), at('output.LayerNorm'));
  }
  return x;
}
