import { TypedError } from '@learning-reranker/onnx-autodiff/errors';

/** A run that cannot begin or go on; what it had saved is still there. */
export class TrainingError extends TypedError {
  override readonly name = 'TrainingError';
  readonly kind = 'conflict';
  readonly code: 'no-data' | 'head-mismatch' | 'not-finite' | 'no-metric';

  constructor(code: TrainingError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
