/** A model as `onnx/model.onnx`: the same forward definition, fed with the padded inputs that others give. */
import { writeModel } from '@learning-reranker/onnx-autodiff';
import {
  type Architecture,
  float32Context,
  type ModelConfig,
} from '../architectures/architecture.js';
import type { Weights } from '../formats/weights.js';
import { paddedInputs } from './padded-inputs.js';

/**
 * The bytes of a model with inputs `input_ids`, `attention_mask`, `token_type_ids`, int64
 * [batch, sequence], and the output `logits` [batch, numLabels]; standard ops alone.
 */
export function onnxModel(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
): Uint8Array {
  const { logits } = architecture.forward(config, {
    ...float32Context(architecture, config),
    inputs: paddedInputs(architecture.dimensions(config).attentionHeads),
    training: false,
  });
  const { bytes } = writeModel({
    outputs: { logits },
    initializers: weights,
    standardOpsOnly: true,
    producerName: 'learning-reranker',
  });
  return bytes;
}
