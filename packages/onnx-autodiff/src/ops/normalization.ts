/** Layer normalisation (Ba et al. 2016, arXiv:1607.06450) over the last axis of a matrix. */
import {
  applyOp,
  constant,
  type Dimension,
  GraphError,
  only,
  type Tensor,
  withGradient,
} from '../tensor.js';
import { divide, multiply, subtract } from './elementwise.js';
import { gemm, sumRows } from './matmul.js';

function normalise(x: Tensor, scale: Tensor, bias: Tensor, epsilon: number) {
  const [y, mean, inverseDeviation] = applyOp({
    opType: 'LayerNormalization',
    inputs: [x, scale, bias],
    attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
    outputs: [
      { dataType: 'float32', shape: x.shape },
      { dataType: 'float32', shape: [x.shape[0] as Dimension, 1] },
      { dataType: 'float32', shape: [x.shape[0] as Dimension, 1] },
    ],
  }) as [Tensor, Tensor, Tensor];
  return { y, mean, inverseDeviation };
}

/**
 * (x - mean) / deviation * scale + bias for each row of `x` [rows, width].
 *
 * The gradient towards x is inv * (v - mean(v)) with v = g - xhat * mean(g * xhat), g = dy * scale
 * and xhat the normalised row. Removing the mean is itself a layer normalisation without its division,
 * so the fused op does it in one pass: LayerNormalization(v) * (inv / inverseDeviation(v)).
 */
export function layerNormalization(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  epsilon: number,
): Tensor {
  const width = x.shape.at(-1);
  if (typeof width !== 'number' || x.shape.length !== 2) {
    throw new GraphError(`LayerNormalization: expected [rows, width], got [${x.shape}]`);
  }
  const { y, inverseDeviation } = normalise(x, scale, bias, epsilon);
  const ones = constant(new Float32Array(width).fill(1), [width]);
  const zeros = constant(new Float32Array(width), [width]);
  const averaging = constant(new Float32Array(width).fill(1 / width), [width, 1]);

  return only(
    withGradient('LayerNormalization', [x, scale, bias], [y], ([gradient]) => {
      const normalised = normalise(x, ones, zeros, epsilon).y;
      const scaled = multiply(gradient!, scale);
      const alongNormalised = gemm(multiply(scaled, normalised), averaging, null);
      const v = subtract(scaled, multiply(normalised, alongNormalised));
      const centred = normalise(v, ones, zeros, 1e-30);
      return [
        multiply(centred.y, divide(inverseDeviation, centred.inverseDeviation)),
        sumRows(multiply(gradient!, normalised)),
        sumRows(gradient!),
      ];
    }),
  );
}
