/** Composes a model family with its inputs: the one graph behind training, prediction and export. */
import { gemm, input, linear, lookUpRows, type Tensor } from '@learning-reranker/onnx-autodiff';
import type { PackOptions } from '../batching/pack.js';
import {
  type AttentionLayout,
  type PackedInputs,
  packedInputs,
} from '../batching/packed-inputs.js';
import type { Architecture, ForwardContext, ModelConfig } from './architecture.js';

/** Rows that a batch looks up in an embedding table; their gradient is added up by row on the host. */
export interface EmbeddingLookup {
  /** The table's name in the checkpoint. */
  readonly parameter: string;
  /** The rows' numbers, int32 [tokens]. */
  readonly index: Tensor;
  /** The rows, [tokens, width]. */
  readonly output: Tensor;
}

export interface ForwardGraph {
  /** [sequences, numLabels] */
  readonly logits: Tensor;
  readonly lookups: readonly EmbeddingLookup[];
  /** A weight by its name in the checkpoint: an input of the graph. */
  readonly parameter: ForwardContext['parameter'];
  /** How `packSequences` fills the inputs. */
  readonly packing: PackOptions;
}

/** Computes the layer `name` on `x` in another way than the context's `exactLinear` does. */
export type LinearRule = (x: Tensor, name: string, context: LinearContext) => Tensor;

export interface LinearContext extends Pick<ForwardContext, 'parameter' | 'exactLinear'> {
  /** The layer's bias, or null where the family has none. */
  bias(name: string): Tensor | null;
}

export interface ForwardOptions {
  /** Whether dropout is applied; false when absent. */
  readonly training?: boolean;
  /** Computes the encoder's layers; float32 when absent. */
  readonly linear?: LinearRule;
  readonly attention?: AttentionLayout;
  /** Replaces the packed inputs. */
  readonly inputs?: PackedInputs;
}

/**
 * Attention works on groups of sequences of similar length. Fewer groups pad more, more groups spend
 * more on starting ops: eight was best for training batches of 16 pairs of 20 to 256 tokens; sorted
 * batches of prediction need four.
 */
const TRAINING: AttentionLayout = { groups: 8, single: false };
const PREDICTION: AttentionLayout = { groups: 4, single: false };

/** The graph of a model; its weights are inputs named as in the checkpoint. */
export function forwardGraph(
  architecture: Architecture,
  config: ModelConfig,
  options: ForwardOptions = {},
): ForwardGraph {
  const { training = false, linear: rule } = options;
  const { attentionHeads: heads, padTokenId } = architecture.dimensions(config);
  const attention = options.attention ?? (training ? TRAINING : PREDICTION);
  const parameters = new Map(
    [...architecture.parameterShapes(config)].map(([name, shape]) => [
      name,
      input(name, 'float32', shape),
    ]),
  );
  const parameter = (name: string) => parameters.get(name) as Tensor;
  const bias = (name: string) => parameters.get(`${name}.bias`) ?? null;
  const exactLinear = (x: Tensor, name: string) => {
    const weight = parameter(`${name}.weight`);
    const added = bias(name);
    return added ? linear(x, weight, added) : gemm(x, weight, null, { transposeB: true });
  };
  const lookups: EmbeddingLookup[] = [];
  const logits = architecture.forward(config, {
    parameter,
    exactLinear,
    linear: rule ? (x, name) => rule(x, name, { parameter, exactLinear, bias }) : exactLinear,
    lookUp: (table, index) => {
      const output = lookUpRows(parameter(table), index);
      lookups.push({ parameter: table, index, output });
      return output;
    },
    inputs: options.inputs ?? packedInputs(heads, attention),
    training,
  });
  return { logits, lookups, parameter, packing: { heads, attention, padTokenId } };
}
