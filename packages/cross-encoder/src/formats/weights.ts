/**
 * Named weights of a model, always float32 in memory, whatever their type in the file.
 * Names and shapes are those of the Hugging Face checkpoint.
 */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Weights = Map<string, WeightTensor>;
