import { TypedError } from '@learning-reranker/onnx-autodiff/errors';

/** Raised for a model folder that cannot be used; the message says what was expected and what to do. */
export class ModelFolderError extends TypedError {
  override readonly name = 'ModelFolderError';
  readonly kind = 'damaged';
  readonly code:
    | 'missing'
    | 'pickle-only'
    | 'bad-config'
    | 'unsupported-model-type'
    | 'missing-tensor'
    | 'shape-mismatch'
    | 'tokenizer-mismatch'
    | 'not-a-model';
  readonly folder: string;

  constructor(code: ModelFolderError['code'], folder: string, message: string) {
    super(`${folder}: ${message}`);
    this.code = code;
    this.folder = folder;
  }
}
