/** The errors' base alone, for callers that must start fast: importing it loads no model code. */
export {
  CodedError,
  type ErrorKind,
  kindOf,
  TypedError,
} from '@learning-reranker/onnx-autodiff/errors';
