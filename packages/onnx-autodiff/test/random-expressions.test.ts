import fc from 'fast-check';
import { test } from 'vitest';
import {
  add,
  batchedMatmul,
  divide,
  exp,
  gelu,
  gemm,
  layerNormalization,
  logSoftmax,
  multiply,
  negate,
  reduceMean,
  reduceSum,
  reshape,
  sigmoid,
  softmax,
  softplus,
  subtract,
  type Tensor,
  tanh,
  transpose,
} from '../src/index.js';
import { expectFiniteDifferences } from './finite-differences.js';

/** A step takes two of the tensors made so far, all [2, 2], and makes another. */
const steps: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  add,
  subtract,
  multiply,
  divide: (a, b) => divide(a, add(exp(b), 1)),
  negate,
  tanh,
  sigmoid,
  softplus,
  gelu,
  softmax,
  logSoftmax: (a) => multiply(logSoftmax(a), 0.3),
  gemm: (a, b) => gemm(a, b, null),
  'gemm of transposed': (a, b) => gemm(a, b, a, { transposeA: true, transposeB: true }),
  'product of stacks': (a, b) =>
    reshape(batchedMatmul(reshape(a, [1, 2, 2]), reshape(b, [1, 2, 2]), { scale: 0.5 }), [2, 2]),
  transpose: (a) => transpose(a, [1, 0]),
  'add of row sums': (a, b) => add(a, reduceSum(b, [1], true)),
  'subtract of column means': (a, b) => subtract(a, reduceMean(b, [0])),
  layerNormalization: (a, b) => layerNormalization(a, reduceSum(b, [0]), reduceSum(a, [1]), 0.5),
};

const step = fc.record({
  kind: fc.constantFrom(...Object.keys(steps)),
  // From the end, so that later steps build on earlier ones.
  left: fc.nat({ max: 3 }),
  right: fc.nat({ max: 3 }),
});

test('the gradient of any expression equals finite differences', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), (chosen) =>
      expectFiniteDifferences({
        shapes: [
          [2, 2],
          [2, 2],
        ],
        apply: (x, y) => {
          // So that the result depends on both inputs whatever is chosen.
          const made = [x, y, add(x, y)];
          for (const { kind, left, right } of chosen) {
            const at = (back: number) => made.at(-1 - (back % made.length)) as Tensor;
            // Values stay where float32 tells differences apart.
            made.push(tanh((steps[kind] as (a: Tensor, b: Tensor) => Tensor)(at(left), at(right))));
          }
          return [made.at(-1) as Tensor, made[2] as Tensor];
        },
      }),
    ),
    { numRuns: 40, seed: 1 },
  );
});
