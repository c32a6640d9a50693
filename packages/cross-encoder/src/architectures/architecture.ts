/** The interface of a model family, which training, prediction, loading and saving use. */
import { type Tensor, TypedError } from '@learning-reranker/onnx-autodiff';
import type { PackedInputs } from '../batching/packed-inputs.js';

/** A model's `config.json`, as parsed. */
export type ModelConfig = Readonly<Record<string, unknown>>;

/** Dimensions that every family has, under any name in `config.json`. */
export interface ModelDimensions {
  readonly attentionHeads: number;
  readonly numLabels: number;
  /** The longest sequence that the model reads, in tokens. */
  readonly maxPositions: number;
  readonly padTokenId: number;
}

/** What a family builds its graph from. */
export interface ForwardContext {
  /** A weight by its name in the checkpoint. */
  parameter(name: string): Tensor;
  /**
   * The layer `<name>.weight` on `x` [rows, in], plus `<name>.bias` where the family has it: [rows, out].
   * Prediction may compute it in 8-bit integers.
   */
  linear(x: Tensor, name: string): Tensor;
  /** The same in float32 always, for the small layers of a head. */
  exactLinear(x: Tensor, name: string): Tensor;
  /** Rows of the embedding table `name` by `index` [tokens]: [tokens, width]. */
  lookUp(name: string, index: Tensor): Tensor;
  readonly inputs: PackedInputs;
  /** Whether dropout is applied. */
  readonly training: boolean;
}

/** A model family; one file each, listed in `index.ts`. */
export interface Architecture {
  /** `model_type` in `config.json`. */
  readonly modelType: string;
  /** Throws `ModelConfigError` when `config.json` lacks a key or has an unsupported value. */
  dimensions(config: ModelConfig): ModelDimensions;
  /** Every weight of the sequence classifier by its name in the checkpoint, in the checkpoint's order. */
  parameterShapes(config: ModelConfig): Map<string, readonly number[]>;
  /** The names of the weights that have one row for each label, [numLabels, ...]. */
  readonly labelWeights: readonly string[];
  /** Whether a weight is drawn from the seed when a checkpoint of the bare encoder lacks it. */
  isHead(parameter: string): boolean;
  /** Logits [sequences, numLabels] of the packed sequences. */
  forward(config: ModelConfig, context: ForwardContext): Tensor;
}

/** Raised for a `config.json` that cannot be used: names the key, what was expected and what it has. */
export class ModelConfigError extends TypedError {
  override readonly name = 'ModelConfigError';
  readonly kind = 'damaged';
}

/** Reads a number from `config.json`. `expected` states in words what `isValid` checks. */
export function configNumber(
  config: ModelConfig,
  key: string,
  fallback: number | undefined,
  expected: string,
  isValid: (value: number) => boolean,
): number {
  const value = config[key] ?? fallback;
  if (typeof value === 'number' && isValid(value)) return value;
  throw new ModelConfigError(
    `config.json: '${key}' must be ${expected}, got ${JSON.stringify(config[key])}`,
  );
}

/** Reads a positive whole number from `config.json`. */
export function positiveInteger(
  config: ModelConfig,
  key: string,
  fallback?: number,
  most = Number.POSITIVE_INFINITY,
): number {
  const limit = most === Number.POSITIVE_INFINITY ? '' : ` of at most ${most}`;
  const isValid = (value: number) => Number.isInteger(value) && value > 0 && value <= most;
  return configNumber(config, key, fallback, `a positive whole number${limit}`, isValid);
}

/** Reads a probability below 1 from `config.json`. */
export function probability(config: ModelConfig, key: string, fallback: number): number {
  const isValid = (value: number) => value >= 0 && value < 1;
  return configNumber(config, key, fallback, 'at least 0 and below 1', isValid);
}
