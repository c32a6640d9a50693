/** What reranks: nothing, a cloud service, or the model learned here. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';

/** The model that gave an answer. */
export interface ServedModel {
  readonly id: string;
  /** The SBERT class of the loss that made it; null where nobody here trained it. */
  readonly loss: string | null;
  readonly runId: string | null;
  /** The blend weight found best on its dev queries. */
  readonly blendAlpha: number | null;
}

/** Where the time of a request went, in milliseconds. */
export interface ScoringCosts {
  /** Until its first batch began. */
  readonly queueMs: number;
  readonly tokenizeMs: number;
  readonly inferenceMs: number;
}

export interface BackendScores extends ScoringCosts {
  /** 0 to 1, in the order of the documents. */
  readonly relevance: ArrayLike<number>;
  /** Null where the backend gives none. */
  readonly logits: ArrayLike<number> | null;
  readonly model: ServedModel;
  readonly tokens: number;
  readonly truncatedPairs: number;
}

export interface BackendRequest {
  readonly query: string;
  readonly documents: readonly string[];
  readonly maxTokensPerDocument?: number | undefined;
  readonly signal: AbortSignal;
  /** Told what was spent on a request that is aborted, where the backend knows. */
  readonly onCancel?: (costs: ScoringCosts) => void;
}

export interface Backend {
  readonly provider: 'none' | 'cloud' | 'local-learning';
  /** What would answer now; null while nothing would. */
  current(): ServedModel | null;
  /** What it lacks to answer now, in a sentence; null where it lacks nothing. */
  lacks(): string | null;
  /** Null where there is nothing that scores. @throws {OverloadedError} {BackendError} */
  score(request: BackendRequest): Promise<BackendScores | null>;
  /** Takes up what is live by now. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export type BackendFailure =
  | 'model-unavailable'
  | 'model-failed'
  | 'cloud-not-set-up'
  | 'cloud-unreachable'
  | 'cloud-refused'
  | 'deadline';

/** Why there are no scores; the reason is what an answer and the metrics name. */
export class BackendError extends TypedError {
  override readonly name = 'BackendError';
  readonly kind = 'unavailable';
  readonly reason: BackendFailure;

  constructor(reason: BackendFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** More pairs wait than the model can score soon. */
export class OverloadedError extends TypedError {
  override readonly name = 'OverloadedError';
  readonly kind = 'overloaded';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(
      `Too many documents are waiting for their scores. Try again in ${Math.ceil(retryAfterSeconds)} s.`,
    );
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
