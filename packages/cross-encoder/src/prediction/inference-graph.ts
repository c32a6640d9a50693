/** The graph that gives the logits of packed sequences: the training graph's forward half, without dropout. */
import { input, type ModelDefinition, type Tensor } from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { type AttentionLayout, packedInputs } from '../batching/packed-inputs.js';

/** Weights are inputs named as in the checkpoint; a session may store them instead. */
export function inferenceGraph(
  architecture: Architecture,
  config: ModelConfig,
  attention: AttentionLayout,
): ModelDefinition {
  const shapes = architecture.parameterShapes(config);
  const parameters = new Map<string, Tensor>(
    [...shapes].map(([name, shape]) => [name, input(name, 'float32', shape)]),
  );
  const { logits } = architecture.forward(config, {
    parameter: (name) => parameters.get(name) as Tensor,
    inputs: packedInputs(architecture.dimensions(config).attentionHeads, attention),
    training: false,
  });
  return { outputs: { logits } };
}
