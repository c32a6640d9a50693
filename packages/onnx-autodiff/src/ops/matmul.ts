/** Matrix products: `Gemm` for two matrices, `FusedMatMul` for stacks of them. */

import { type Dimension, GraphError, op, type Tensor } from '../tensor.js';
import { reduceSum } from './broadcast.js';
import { add } from './elementwise.js';

export interface GemmOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** A·B of two matrices, either of them transposed, plus `c` (a matrix, or a row added to each row). */
export function gemm(a: Tensor, b: Tensor, c: Tensor | null, options: GemmOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new GraphError(`Gemm: expected two matrices, got [${a.shape}] and [${b.shape}]`);
  }
  const [rows, innerA] = orient(a, transposeA);
  const [innerB, columns] = orient(b, transposeB);
  if (innerA !== innerB) {
    throw new GraphError(`Gemm: inner dimensions differ, ${innerA} and ${innerB}`);
  }
  return op('Gemm', c ? [a, b, c] : [a, b], 'float32', [rows, columns], {
    attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
    gradient: ([gradient]) => [
      transposeA
        ? gemm(b, gradient!, null, { transposeA: transposeB, transposeB: true })
        : gemm(gradient!, b, null, { transposeB: !transposeB }),
      transposeB
        ? gemm(gradient!, a, null, { transposeA: true, transposeB: transposeA })
        : gemm(a, gradient!, null, { transposeA: !transposeA }),
      c && c.shape.length === 1 ? sumRows(gradient!) : c ? gradient! : null,
    ],
  });
}

function orient(matrix: Tensor, transposed: boolean): [Dimension, Dimension] {
  const [first, second] = matrix.shape as readonly [Dimension, Dimension];
  return transposed ? [second, first] : [first, second];
}

/**
 * `x` [rows, in] through a layer with `weight` [out, in] and `bias` [out], as Hugging Face stores them.
 *
 * The bias is added by an op of its own: ONNX Runtime's Gemm spreads a row over the result on one thread
 * before it multiplies, which took 1.5 to 1.7 times as long (1,900 rows, two threads).
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return add(gemm(x, weight, null, { transposeB: true }), bias);
}

/** The sum of a matrix's rows, [columns]. */
export function sumRows(matrix: Tensor): Tensor {
  return reduceSum(matrix, [0]);
}

export interface BatchedMatmulOptions extends GemmOptions {
  /** The product is multiplied by this. */
  readonly scale?: number;
}

/** Products of two stacks of matrices, [batch, rows, inner] with [batch, inner, columns], scaled. */
export function batchedMatmul(a: Tensor, b: Tensor, options: BatchedMatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, scale = 1 } = options;
  const [batch] = a.shape;
  if (a.shape.length !== 3 || b.shape.length !== 3 || batch === undefined || batch !== b.shape[0]) {
    throw new GraphError(
      `FusedMatMul: expected two stacks with the same number of matrices, got [${a.shape}] and [${b.shape}]`,
    );
  }
  const rows = a.shape[transposeA ? 2 : 1] as Dimension;
  const columns = b.shape[transposeB ? 1 : 2] as Dimension;
  return op('FusedMatMul', [a, b], 'float32', [batch, rows, columns], {
    domain: 'com.microsoft',
    attributes: {
      transA: transposeA ? 1 : 0,
      transB: transposeB ? 1 : 0,
      alpha: { float: scale },
    },
    gradient: ([gradient]) => [
      transposeA
        ? batchedMatmul(b, gradient!, { transposeA: transposeB, transposeB: true, scale })
        : batchedMatmul(gradient!, b, { transposeB: !transposeB, scale }),
      transposeB
        ? batchedMatmul(gradient!, a, { transposeA: true, transposeB: transposeA, scale })
        : batchedMatmul(a, gradient!, { transposeA: !transposeA, scale }),
    ],
  });
}
