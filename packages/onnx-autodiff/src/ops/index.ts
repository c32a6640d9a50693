/** All ops, by room. */
export { gelu } from './activation.js';
export { expandLike, reduceSum, unsqueeze } from './broadcast.js';
export { dropout, dropoutMask } from './dropout.js';
export {
  add,
  divide,
  erf,
  exp,
  log,
  multiply,
  negate,
  reciprocal,
  sigmoid,
  softplus,
  sqrt,
  subtract,
  tanh,
} from './elementwise.js';
export {
  gatherFromGroups,
  lookUpRows,
  type RowGroups,
  scatterToGroups,
  selectRows,
} from './index-rows.js';
export {
  type BatchedMatmulOptions,
  batchedMatmul,
  type GemmOptions,
  gemm,
  linear,
  sumRows,
} from './matmul.js';
export { layerNormalization } from './normalization.js';
export {
  type Quantization,
  quantizationOf,
  quantize,
  quantizedLinear,
  quantizeWeight,
  type WeightType,
} from './quantization.js';
export { axisSize, logSoftmax, reduceMean, softmax } from './reduce.js';
export {
  concatenateRows,
  flatten,
  reshape,
  reshapeTo,
  sliceLast,
  transpose,
} from './shape.js';
