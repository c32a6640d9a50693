import { TypedError } from '@learning-reranker/onnx-autodiff/errors';

/** Raised for tokenizer files or requests that cannot be used; the message says what to do. */
export class TokenizerError extends TypedError {
  override readonly name = 'TokenizerError';
  readonly kind = 'damaged';
  readonly code: 'missing' | 'too-large' | 'malformed' | 'unsupported' | 'max-length';

  constructor(code: TokenizerError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
