/** A model as `onnx/model.onnx`, with the padded inputs that Transformers.js and others feed. */
import {
  add,
  constant,
  input,
  lookUpRows,
  multiply,
  reshapeTo,
  subtract,
  type Tensor,
  writeModel,
} from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import type { Weights } from '../formats/weights.js';

export function onnxModel(
  _architecture: Architecture,
  _config: ModelConfig,
  _weights: Weights,
): Uint8Array {
  throw new Error('not written yet');
}
