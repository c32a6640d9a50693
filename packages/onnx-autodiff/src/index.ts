/** A symbolic tensor graph with reverse-mode automatic differentiation, written as ONNX. */
export * from './graph.js';
export {
  type Initializer,
  type ModelDefinition,
  type WrittenModel,
  writeModel,
} from './onnx/model.js';
export {
  GraphSession,
  type MaskSource,
  type NumericArray,
  RuntimeError,
  type SessionOptions,
  type Value,
} from './session.js';
export { exactWeightType } from './signed-products.js';
export { CodedError, type ErrorKind, kindOf, TypedError } from './typed-error.js';
