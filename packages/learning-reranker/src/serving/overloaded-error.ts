import { TypedError } from '@learning-reranker/cross-encoder/errors';

/** More waits than can be answered soon: the caller should come again later. */
export class OverloadedError extends TypedError {
  override readonly name = 'OverloadedError';
  readonly kind = 'overloaded';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(
      `the model has more pairs waiting than it can score soon; try again in ${Math.ceil(retryAfterSeconds)} s`,
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
