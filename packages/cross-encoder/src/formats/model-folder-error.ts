import { CodedError } from '@learning-reranker/onnx-autodiff/errors';

/** Raised for a model folder that cannot be used; the message says what was expected and what to do. */
export class ModelFolderError extends CodedError<
  | 'missing'
  | 'pickle-only'
  | 'bad-config'
  | 'unsupported-model-type'
  | 'missing-tensor'
  | 'shape-mismatch'
  | 'tokenizer-mismatch'
  | 'not-a-model'
> {
  override readonly name = 'ModelFolderError';
  readonly kind = 'damaged';
  readonly folder: string;

  constructor(code: ModelFolderError['code'], folder: string, message: string) {
    super(code, `${folder}: ${message}`);
    this.folder = folder;
  }
}
