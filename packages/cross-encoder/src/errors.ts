/** The base classes of errors, without model code, for callers that must start fast. */
export {
  CodedError,
  type ErrorKind,
  kindOf,
  TypedError,
} from '@learning-reranker/onnx-autodiff/errors';
