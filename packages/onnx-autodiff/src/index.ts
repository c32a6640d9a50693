/** A symbolic tensor graph with reverse-mode automatic differentiation, written as ONNX. */
export { product } from './dimension.js';
export { gradients } from './gradient.js';
export {
  type Initializer,
  type ModelDefinition,
  type WrittenModel,
  writeModel,
} from './onnx/model.js';
export * from './ops/index.js';
export {
  GraphSession,
  type MaskSource,
  type NumericArray,
  RuntimeError,
  type SessionOptions,
  type Value,
} from './session.js';
export { exactWeightType } from './signed-products.js';
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
  type Shape,
  Tensor,
  withGradient,
} from './tensor.js';
export { type ErrorKind, kindOf, TypedError } from './typed-error.js';
