/** The graph that gives the logits of packed sequences: the training graph's forward half, without dropout. */
import type { ModelDefinition } from '@learning-reranker/onnx-autodiff';
import {
  type Architecture,
  float32Context,
  type ModelConfig,
} from '../architectures/architecture.js';
import { type AttentionLayout, packedInputs } from '../batching/packed-inputs.js';

/** Weights are inputs named as in the checkpoint; a session may store them instead. */
export function inferenceGraph(
  architecture: Architecture,
  config: ModelConfig,
  attention: AttentionLayout,
): ModelDefinition {
  const { logits } = architecture.forward(config, {
    ...float32Context(architecture, config),
    inputs: packedInputs(architecture.dimensions(config).attentionHeads, attention),
    training: false,
  });
  return { outputs: { logits } };
}
