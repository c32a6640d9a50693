/** What a model family has to say so that it can be trained, run, loaded and saved. */
import { input, linear, type Tensor } from '@learning-reranker/onnx-autodiff';
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import type { PackedInputs } from '../batching/packed-inputs.js';

/** A model's `config.json`, as parsed. */
export type ModelConfig = Readonly<Record<string, unknown>>;

/** The facts every family has, whatever its `config.json` calls them. */
export interface ModelDimensions {
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly numLabels: number;
  /** The longest sequence that position embeddings allow, in tokens. */
  readonly maxPositions: number;
  readonly padTokenId: number;
}

/** Rows of an embedding table that a batch looks up; their gradient is added up by row on the host. */
export interface EmbeddingLookup {
  /** The table's name in the checkpoint. */
  readonly parameter: string;
  readonly rows: 'inputIds' | 'positionIds' | 'tokenTypeIds';
  /** The rows looked up, [tokens, hidden]. */
  readonly output: Tensor;
}

export interface ForwardContext {
  /** A weight by its name in the checkpoint. */
  readonly parameter: (name: string) => Tensor;
  /**
   * The layer `<name>.weight`, `<name>.bias` on `x` [rows, in]: in float32, or in 8-bit integers when
   * predicting so.
   */
  readonly linear: (x: Tensor, name: string) => Tensor;
  readonly inputs: PackedInputs;
  /** Dropout is applied only while training. */
  readonly training: boolean;
}

export interface ForwardResult {
  /** [sequences, numLabels] */
  readonly logits: Tensor;
  readonly lookups: readonly EmbeddingLookup[];
}

export interface Architecture {
  /** `model_type` in `config.json`. */
  readonly modelType: string;
  /** Throws `ModelConfigError` when `config.json` lacks something or asks for what is not supported. */
  dimensions(config: ModelConfig): ModelDimensions;
  /** Every weight of the sequence classifier by its name in the checkpoint, in the checkpoint's order. */
  parameterShapes(config: ModelConfig): Map<string, readonly number[]>;
  /** The names of the head's weight [numLabels, hidden] and bias [numLabels]. */
  readonly head: { readonly weight: string; readonly bias: string };
  /** Whether a weight is made anew, from the seed, when a checkpoint of the bare encoder lacks it. */
  isHead(parameter: string): boolean;
  forward(config: ModelConfig, context: ForwardContext): ForwardResult;
}

/** Weights as inputs of the graph, and layers in float32: the context of training and of exact prediction. */
export function float32Context(
  architecture: Architecture,
  config: ModelConfig,
): Pick<ForwardContext, 'parameter' | 'linear'> {
  const shapes = architecture.parameterShapes(config);
  const parameters = new Map(
    [...shapes].map(([name, shape]) => [name, input(name, 'float32', shape)]),
  );
  const parameter = (name: string) => parameters.get(name) as Tensor;
  return {
    parameter,
    linear: (x, name) => linear(x, parameter(`${name}.weight`), parameter(`${name}.bias`)),
  };
}

/** A `config.json` that cannot be used: which key, what was expected, what came. */
export class ModelConfigError extends TypedError {
  override readonly name = 'ModelConfigError';
  readonly kind = 'damaged';
}

/** A positive whole number out of `config.json`. */
export function positiveInteger(
  config: ModelConfig,
  key: string,
  fallback?: number,
  most = Number.POSITIVE_INFINITY,
): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most) {
    return value;
  }
  const limit = most === Number.POSITIVE_INFINITY ? '' : ` of at most ${most}`;
  throw new ModelConfigError(
    `config.json: '${key}' must be a positive whole number${limit}, got ${JSON.stringify(config[key])}`,
  );
}

/** A probability below 1 out of `config.json`. */
export function probability(config: ModelConfig, key: string, fallback: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
    throw new ModelConfigError(
      `config.json: '${key}' must be at least 0 and below 1, got ${JSON.stringify(config[key])}`,
    );
  }
  return value;
}
