/** Composes a model family with a loss into one graph that gives the loss and all gradients. */
import { gradients, type ModelDefinition, type Tensor } from '@learning-reranker/onnx-autodiff';
import {
  type Architecture,
  type EmbeddingLookup,
  float32Context,
  type ModelConfig,
} from '../architectures/architecture.js';
import { type AttentionLayout, packedInputs } from '../batching/packed-inputs.js';
import type { Loss } from '../losses/loss.js';

export interface TrainingGraph {
  readonly model: ModelDefinition;
  /** Weights whose gradients the graph gives whole, each under `gradientOf(name)`. */
  readonly dense: readonly string[];
  /** Embedding tables, whose gradient is added up from the rows under `rowsOutput`. */
  readonly lookups: readonly (Pick<EmbeddingLookup, 'parameter' | 'rows'> & {
    readonly rowsOutput: string;
  })[];
}

export const gradientOf = (parameter: string) => `gradient of ${parameter}`;

/** The graph of one training step. */
export function trainingGraph(
  architecture: Architecture,
  config: ModelConfig,
  loss: Loss,
  attention: AttentionLayout,
): TrainingGraph {
  const shapes = architecture.parameterShapes(config);
  const context = float32Context(architecture, config);
  const { logits, lookups } = architecture.forward(config, {
    ...context,
    inputs: packedInputs(architecture.dimensions(config).attentionHeads, attention),
    training: true,
  });
  const tables = new Set(lookups.map((lookup) => lookup.parameter));
  const dense = [...shapes.keys()].filter((name) => !tables.has(name));

  const lossValue = loss.forward(logits);
  const found = gradients(lossValue, [
    ...dense.map((name) => context.parameter(name)),
    ...lookups.map((lookup) => lookup.output),
  ]);
  const outputs: Record<string, Tensor> = { loss: lossValue, logits };
  dense.forEach((name, index) => {
    outputs[gradientOf(name)] = found[index] as Tensor;
  });
  // Tables whose rows are added up share one gradient: it is fetched once.
  const rowOutputs = new Map<Tensor, string>();
  const namedLookups = lookups.map(({ parameter, rows }, index) => {
    const gradient = found[dense.length + index] as Tensor;
    const known = rowOutputs.get(gradient);
    const rowsOutput = known ?? `gradient of rows ${rowOutputs.size}`;
    rowOutputs.set(gradient, rowsOutput);
    outputs[rowsOutput] = gradient;
    return { parameter, rows, rowsOutput };
  });
  return { model: { outputs }, dense, lookups: namedLookups };
}
