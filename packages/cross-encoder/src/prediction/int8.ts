/** Prediction with 8-bit weights and activations in the encoder's layers; attention and norms stay float32. */
import {
  applyOp,
  GraphSession,
  type Initializer,
  input,
  type ModelDefinition,
  only,
  type Quantization,
  quantizationOf,
  quantize,
  quantizedLinear,
  quantizeWeight,
  type Tensor,
  type Value,
  type WeightType,
} from '@learning-reranker/onnx-autodiff';
import {
  type Architecture,
  float32Context,
  type ModelConfig,
} from '../architectures/architecture.js';
import { packSequences } from '../batching/pack.js';
import { type AttentionLayout, packedInputs } from '../batching/packed-inputs.js';
import type { Weights, WeightTensor } from '../formats/weights.js';
import type { Tokenizer } from '../tokenization/tokenizer.js';
import { calibrationPairs } from './calibration-pairs.js';

/** The range of a layer's input, by the layer's name. */
export type ActivationRanges = ReadonlyMap<string, readonly [minimum: number, maximum: number]>;

/**
 * The ranges of all layers' inputs over built-in pairs.
 *
 * They are measured once when a model is loaded and then fixed: a range taken from each batch would
 * make a pair's score depend on the pairs beside it.
 */
export async function calibrate(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
  tokenizer: Tokenizer,
  maxLength: number,
): Promise<ActivationRanges> {
  const layout: AttentionLayout = { groups: 4, single: false };
  const outputs: Record<string, Tensor> = {};
  const float32 = float32Context(architecture, config);
  const { attentionHeads, padTokenId } = architecture.dimensions(config);
  architecture.forward(config, {
    ...float32,
    linear: (x, name) => {
      outputs[`minimum ${name}`] = extreme('ReduceMin', x);
      outputs[`maximum ${name}`] = extreme('ReduceMax', x);
      return float32.linear(x, name);
    },
    inputs: packedInputs(attentionHeads, layout),
    training: false,
  });
  const session = await GraphSession.create({ outputs });
  const encoded = calibrationPairs.map(([query, document]) =>
    tokenizer.encodePair(query, document, maxLength),
  );
  const { feeds } = packSequences(encoded, {
    heads: attentionHeads,
    attention: layout,
    padTokenId,
  });
  const fetches = new Map(Object.keys(outputs).map((name) => [name, null]));
  const results = await session.run(new Map([...weights, ...feeds]), fetches);
  await session.release();
  const layers = Object.keys(outputs)
    .filter((name) => name.startsWith('minimum '))
    .map((name) => name.slice('minimum '.length));
  const value = (name: string) => (results.get(name) as Value).data[0] as number;
  return new Map(
    layers.map((name) => [name, [value(`minimum ${name}`), value(`maximum ${name}`)] as const]),
  );
}

/** The graph with quantized layers, their 8-bit weights among the initializers. */
export function int8Graph(
  architecture: Architecture,
  config: ModelConfig,
  weights: Weights,
  ranges: ActivationRanges,
  weightType: WeightType,
  attention: AttentionLayout,
): ModelDefinition {
  const float32 = float32Context(architecture, config);
  const initializers = new Map<string, Initializer>(weights);
  // Query, key and value read the same rows: they are quantized once.
  const quantized = new Map<Tensor, { x: Tensor; quantization: Quantization }>();
  const { logits } = architecture.forward(config, {
    ...float32,
    linear: (x, name) => {
      const [minimum, maximum] = ranges.get(name) ?? [0, 0];
      const known = quantized.get(x);
      const quantization = known?.quantization ?? quantizationOf(minimum, maximum);
      const input8 = known?.x ?? quantize(x, quantization);
      quantized.set(x, { x: input8, quantization });
      const { weight, scales } = quantizedWeight(name, weights, weightType, initializers);
      return quantizedLinear(
        input8,
        quantization,
        weight,
        scales,
        float32.parameter(`${name}.bias`),
      );
    },
    inputs: packedInputs(architecture.dimensions(config).attentionHeads, attention),
    training: false,
  });
  return { outputs: { logits }, initializers };
}

function quantizedWeight(
  name: string,
  weights: Weights,
  type: WeightType,
  initializers: Map<string, Initializer>,
): { weight: Tensor; scales: Tensor } {
  const { data, shape } = weights.get(`${name}.weight`) as WeightTensor;
  const [out = 0, inner = 0] = shape;
  const { values, scales } = quantizeWeight(data, out, inner, type);
  initializers.set(`${name}.weight.quantized`, { shape: [inner, out], data: values });
  initializers.set(`${name}.weight.scales`, { shape: [out], data: scales });
  initializers.delete(`${name}.weight`);
  return {
    weight: input(`${name}.weight.quantized`, type, [inner, out]),
    scales: input(`${name}.weight.scales`, 'float32', [out]),
  };
}

function extreme(opType: 'ReduceMin' | 'ReduceMax', x: Tensor): Tensor {
  return only(
    applyOp({
      opType,
      inputs: [x],
      attributes: { keepdims: 0 },
      outputs: [{ dataType: 'float32', shape: [] }],
    }),
  );
}
