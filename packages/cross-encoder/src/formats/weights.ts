/**
 * Named weights of a model, always float32 in memory whatever their storage type was.
 * Names and shapes are those of the Hugging Face checkpoint.
 */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Weights = Map<string, WeightTensor>;
