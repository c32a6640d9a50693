/** Graphs without ONNX or its runtime, for callers that must start fast. */
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
