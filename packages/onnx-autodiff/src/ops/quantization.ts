/** Products of 8-bit integers, for inference: a quarter of the memory, and faster where the CPU has instructions for them. */
import { constant, type Dimension, op, Tensor } from '../tensor.js';

/** How numbers are written as 8-bit integers: value = scale * (integer - zeroPoint). */
export interface Quantization {
  readonly scale: number;
  /** 0 to 255. */
  readonly zeroPoint: number;
}

/**
 * The integers of a weight. Products with `int8` are fastest where the CPU adds them up exactly, as
 * `exactWeightType` checks; `uint8` has the same values 128 higher.
 */
export type WeightType = 'int8' | 'uint8';

const UNSIGNED_ZERO = 128;

/** The quantization that spreads 0 to 255 over a range; 0 is always a whole number of steps. */
export function quantizationOf(minimum: number, maximum: number): Quantization {
  const low = Math.min(0, minimum);
  const high = Math.max(0, maximum);
  const scale = Math.max((high - low) / 255, 1e-12);
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

/** `x` as uint8; values outside the range are clamped. */
export function quantize(x: Tensor, { scale, zeroPoint }: Quantization): Tensor {
  return op('QuantizeLinear', [x, constant(scale), byte(zeroPoint)], 'uint8', x.shape);
}

/**
 * A layer on quantized rows: x [rows, in] uint8, weight [in, out] int8 or uint8 as `quantizeWeight`
 * gives it, with a scale for each column, bias [out] or none; the result is float32 [rows, out].
 */
export function quantizedLinear(
  x: Tensor,
  { scale, zeroPoint }: Quantization,
  weight: Tensor,
  columnScales: Tensor,
  bias: Tensor | null,
): Tensor {
  const weightZero = weight.dataType === 'uint8' ? byte(UNSIGNED_ZERO) : null;
  return op(
    'MatMulIntegerToFloat',
    [x, weight, constant(scale), columnScales, byte(zeroPoint), weightZero, bias],
    'float32',
    [x.shape[0] as Dimension, weight.shape[1] as Dimension],
    { domain: 'com.microsoft' },
  );
}

/** A weight [out, in] as integers [in, out]: each output's column is spread over -127 to 127. */
export function quantizeWeight(
  weight: Float32Array,
  out: number,
  inner: number,
  type: WeightType,
): { values: Int8Array | Uint8Array; scales: Float32Array } {
  const values = new (type === 'int8' ? Int8Array : Uint8Array)(inner * out);
  const zero = type === 'int8' ? 0 : UNSIGNED_ZERO;
  const scales = new Float32Array(out);
  for (let row = 0; row < out; row++) {
    let largest = 1e-12;
    for (let i = 0; i < inner; i++) {
      largest = Math.max(largest, Math.abs(weight[row * inner + i] as number));
    }
    const scale = largest / 127;
    scales[row] = scale;
    for (let i = 0; i < inner; i++) {
      values[i * out + row] = zero + Math.round((weight[row * inner + i] as number) / scale);
    }
  }
  return { values, scales };
}

function byte(value: number): Tensor {
  return new Tensor('uint8', [], { kind: 'constant', data: Uint8Array.of(value) });
}
