/** Prediction with 8-bit weights and activations in the encoder's layers; attention and norms stay float32. */
import {
  constant,
  GraphSession,
  type Initializer,
  input,
  integers,
  type ModelDefinition,
  multiply,
  op,
  quantizationOf,
  quantize,
  quantizedLinear,
  quantizeWeight,
  type Tensor,
  type Value,
  type WeightType,
} from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { forwardGraph } from '../architectures/forward-graph.js';
import { packSequences } from '../batching/pack.js';
import type { Weights, WeightTensor } from '../formats/weights.js';
import type { Tokenizer } from '../tokenization/tokenizer.js';
import { calibrationPairs } from './calibration-pairs.js';

/** The range of each column of a layer's input, [in] each. */
interface ColumnRanges {
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
}

/** The ranges of all layers' inputs, by the layer's name. */
export type ActivationRanges = ReadonlyMap<string, ColumnRanges>;

/**
 * Measures the ranges of all layers' inputs over built-in pairs.
 *
 * They are fixed when a model is loaded: a range taken from each batch would make a pair's score
 * depend on the other pairs of the batch.
 */
export async function calibrate(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
  tokenizer: Tokenizer,
  maxLength: number,
): Promise<ActivationRanges> {
  const layers: string[] = [];
  const outputs: Record<string, Tensor> = {};
  const { packing } = forwardGraph(architecture, config, {
    linear: (x, name, { exactLinear }) => {
      layers.push(name);
      outputs[`minimum ${name}`] = columnExtreme('ReduceMin', x);
      outputs[`maximum ${name}`] = columnExtreme('ReduceMax', x);
      return exactLinear(x, name);
    },
  });
  const session = await GraphSession.create({ outputs });
  const encoded = calibrationPairs.map(([query, document]) =>
    tokenizer.encodePair(query, document, maxLength),
  );
  const { feeds } = packSequences(encoded, packing);
  const fetches = new Map(Object.keys(outputs).map((name) => [name, null]));
  const results = await session.run(new Map([...weights, ...feeds]), fetches);
  await session.release();
  const columns = (name: string) => (results.get(name) as Value).data as Float32Array;
  return new Map(
    layers.map((name) => [
      name,
      { minimum: columns(`minimum ${name}`), maximum: columns(`maximum ${name}`) },
    ]),
  );
}

/** The graph with quantized layers, their 8-bit weights among the initializers. */
export function int8Graph(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
  ranges: ActivationRanges,
  weightType: WeightType,
): ModelDefinition {
  const initializers = new Map<string, Initializer>(weights);
  // Query, key and value read the same rows: they are quantized once.
  const inputs = new Map<Tensor, ReturnType<typeof quantizeInput>>();
  const { logits } = forwardGraph(architecture, config, {
    linear: (x, name, { bias }) => {
      const quantized = inputs.get(x) ?? quantizeInput(x, ranges.get(name) as ColumnRanges);
      inputs.set(x, quantized);
      const { data, shape } = weights.get(`${name}.weight`) as WeightTensor;
      const [out = 0, inner = 0] = shape;
      const scaled = data.map((value, at) => value * (quantized.divisors[at % inner] as number));
      const { values, scales } = quantizeWeight(scaled, out, inner, weightType);
      initializers.set(`${name}.weight.quantized`, { shape: [inner, out], data: values });
      initializers.set(`${name}.weight.scales`, { shape: [out], data: scales });
      initializers.delete(`${name}.weight`);
      return quantizedLinear(
        quantized.values,
        quantized.quantization,
        input(`${name}.weight.quantized`, weightType, [inner, out]),
        input(`${name}.weight.scales`, 'float32', [out]),
        bias(name),
      );
    },
  });
  return { outputs: { logits }, initializers };
}

/**
 * The rows `x` with their columns brought closer to one range, then quantized.
 *
 * A few columns are many times as large as the others, which would leave those a few steps of the 256.
 * Dividing each by the root of its largest value, and multiplying the weight by it, changes no product
 * and halves the error (SmoothQuant, Xiao et al. 2022, arXiv:2211.10438, with the activations' part alone).
 */
function quantizeInput(x: Tensor, { minimum, maximum }: ColumnRanges) {
  const divisors = minimum.map((low, at) => Math.sqrt(Math.max(-low, maximum[at] as number, 1e-3)));
  const divided = (values: Float32Array) =>
    values.map((value, at) => value / (divisors[at] as number));
  const quantization = quantizationOf(Math.min(...divided(minimum)), Math.max(...divided(maximum)));
  const factors = constant(
    divisors.map((divisor) => 1 / divisor),
    [divisors.length],
  );
  return { divisors, quantization, values: quantize(multiply(x, factors), quantization) };
}

/** The least or largest value of each column of `x` [rows, columns]. */
function columnExtreme(opType: 'ReduceMin' | 'ReduceMax', x: Tensor): Tensor {
  return op(opType, [x, integers([0])], 'float32', x.shape.slice(1), {
    attributes: { keepdims: 0 },
  });
}
