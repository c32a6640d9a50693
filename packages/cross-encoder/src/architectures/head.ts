/** Fits a model's classification head to the number of logits that a loss needs. */
import type { Weights, WeightTensor } from '../formats/weights.js';
import { SeededRandom } from '../random/seeded-random.js';
import type { Architecture, ModelConfig } from './architecture.js';

/** How the head changed: not at all, converted with equal scores, or drawn from the seed. */
export type HeadChange = 'kept' | 'converted' | 'initialised';

/** The standard deviation of BERT's weights at initialisation. */
const INITIAL_DEVIATION = 0.02;

/**
 * Weights and configuration with a head of `numLabels` logits.
 *
 * One logit z becomes two classes (-z/2, +z/2), and two classes become the difference of their logits:
 * the sigmoid of the one is the softmax of the other, so no score changes. Other heads cannot be
 * converted and are drawn from `seed`.
 */
export function fitHead(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
  numLabels: number,
  seed: number,
): { config: ModelConfig; weights: Weights; change: HeadChange } {
  const current = architecture.dimensions(config).numLabels;
  if (current === numLabels) return { config, weights, change: 'kept' };
  const fitted: Weights = new Map(weights);
  const fittedConfig = withLabels(config, numLabels);
  const convertible = (current === 1 && numLabels === 2) || (current === 2 && numLabels === 1);
  const drawn = convertible ? undefined : initialHead(architecture, fittedConfig, seed);
  const convert = current === 1 ? splitLogit : subtractLogits;
  for (const name of architecture.labelWeights) {
    const { shape, data } = weights.get(name) as WeightTensor;
    fitted.set(
      name,
      drawn?.get(name) ?? { shape: [numLabels, ...shape.slice(1)], data: convert(data) },
    );
  }
  return { config: fittedConfig, weights: fitted, change: drawn ? 'initialised' : 'converted' };
}

/** Weights of the head drawn from a seed, for a checkpoint of the bare encoder. */
export function initialHead(
  architecture: Architecture,
  config: ModelConfig,
  seed: number,
): Weights {
  const random = new SeededRandom(seed);
  const head: Weights = new Map();
  for (const [name, shape] of architecture.parameterShapes(config)) {
    if (!architecture.isHead(name)) continue;
    const data = new Float32Array(shape.reduce((count, size) => count * size, 1));
    if (shape.length > 1) {
      for (let i = 0; i < data.length; i++) data[i] = random.nextNormal() * INITIAL_DEVIATION;
    }
    head.set(name, { shape, data });
  }
  return head;
}

/** z -> (-z/2, +z/2), for each column of a row. */
function splitLogit(row: Float32Array): Float32Array {
  const both = new Float32Array(row.length * 2);
  row.forEach((value, column) => {
    both[column] = -value / 2;
    both[row.length + column] = value / 2;
  });
  return both;
}

/** (a, b) -> b - a, for each column. */
function subtractLogits(rows: Float32Array): Float32Array {
  const width = rows.length / 2;
  return Float32Array.from(
    { length: width },
    (_, column) => (rows[width + column] as number) - (rows[column] as number),
  );
}

/** `config.json` with names for `numLabels` labels; existing names are kept. */
export function withLabels(config: ModelConfig, numLabels: number): ModelConfig {
  const { id2label, num_labels: _, ...rest } = config;
  const count = typeof id2label === 'object' && id2label ? Object.keys(id2label).length : 0;
  if (count === numLabels) return { ...rest, id2label };
  const names = Array.from({ length: numLabels }, (_, id) => `LABEL_${id}`);
  return {
    ...rest,
    id2label: Object.fromEntries(names.map((name, id) => [String(id), name])),
    label2id: Object.fromEntries(names.map((name, id) => [name, id])),
  };
}
