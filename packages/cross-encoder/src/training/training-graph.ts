/** Composes a model family with a loss into one graph that gives the loss and all gradients. */
import { gradients, type ModelDefinition, type Tensor } from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { forwardGraph } from '../architectures/forward-graph.js';
import type { PackOptions } from '../batching/pack.js';
import type { AttentionLayout } from '../batching/packed-inputs.js';
import type { Loss } from '../losses/loss.js';

export interface TrainingGraph {
  readonly model: ModelDefinition;
  /** Weights whose gradients the graph gives whole, each under `gradientOf(name)`. */
  readonly dense: readonly string[];
  /** Embedding tables, and the outputs that give the rows looked up and the gradient of each. */
  readonly lookups: readonly {
    readonly parameter: string;
    readonly indexOutput: string;
    readonly rowsOutput: string;
  }[];
  /** How `packSequences` fills the inputs. */
  readonly packing: PackOptions;
}

export const gradientOf = (parameter: string) => `gradient of ${parameter}`;

/** The graph of one training step. */
export function trainingGraph(
  architecture: Architecture,
  config: ModelConfig,
  loss: Loss,
  attention?: AttentionLayout,
): TrainingGraph {
  const shapes = architecture.parameterShapes(config);
  const { logits, lookups, parameter, packing } = forwardGraph(architecture, config, {
    training: true,
    ...(attention && { attention }),
  });
  const tables = new Set(lookups.map((lookup) => lookup.parameter));
  const dense = [...shapes.keys()].filter((name) => !tables.has(name));

  const lossValue = loss.forward(logits);
  const found = gradients(lossValue, [
    ...dense.map((name) => parameter(name)),
    ...lookups.map((lookup) => lookup.output),
  ]);
  const outputs: Record<string, Tensor> = { loss: lossValue, logits };
  dense.forEach((name, index) => {
    outputs[gradientOf(name)] = found[index] as Tensor;
  });
  // Tables whose rows are added up share one gradient: it is fetched once.
  const rowOutputs = new Map<Tensor, string>();
  const namedLookups = lookups.map(({ parameter: table, index: rows }, index) => {
    const gradient = found[dense.length + index] as Tensor;
    const rowsOutput = rowOutputs.get(gradient) ?? `gradient of rows ${rowOutputs.size}`;
    rowOutputs.set(gradient, rowsOutput);
    outputs[rowsOutput] = gradient;
    const indexOutput = `rows of ${table}`;
    outputs[indexOutput] = rows;
    return { parameter: table, indexOutput, rowsOutput };
  });
  return { model: { outputs }, dense, lookups: namedLookups, packing };
}
