/** Graphs alone, for callers that must start fast: nothing here writes ONNX or runs it. */
export { product } from './dimension.js';
export { gradients } from './gradient.js';
export * from './ops/index.js';
export {
  applyOp,
  constant,
  type DataType,
  type Dimension,
  type GradientRule,
  GraphError,
  input,
  integers,
  only,
  op,
  type Shape,
  Tensor,
  withGradient,
} from './tensor.js';
