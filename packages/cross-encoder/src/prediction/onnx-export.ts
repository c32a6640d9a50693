/** A model as `onnx/model.onnx`, with the padded inputs that Transformers and Optimum feed. */
import { writeModel } from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { forwardGraph } from '../architectures/forward-graph.js';
import type { Weights } from '../formats/weights.js';
import { paddedInputs } from './padded-inputs.js';

/**
 * The bytes of a model with inputs `input_ids`, `attention_mask`, `token_type_ids`, int64
 * [batch, sequence], and the output `logits` [batch, numLabels]; standard ops only.
 */
export function onnxModel(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
): Uint8Array {
  const inputs = paddedInputs(architecture.dimensions(config).attentionHeads);
  const { logits } = forwardGraph(architecture, config, { inputs });
  const { bytes } = writeModel({
    outputs: { logits },
    initializers: weights,
    standardOpsOnly: true,
    producerName: 'learning-reranker',
  });
  return bytes;
}
