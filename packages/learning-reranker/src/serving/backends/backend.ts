/** The contract of a backend: what scores the documents of a request. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { Settings } from '../../config/index.js';

export type BackendName = Settings['backend'];

/** A backend to choose by `AGRO_RERANKER_BACKEND`. */
export interface BackendDescription {
  readonly label: string;
  describe(settings: Settings): string;
  /** What the settings lack for it, as a sentence; null when they lack nothing. */
  lacks(settings: Settings): string | null;
  open(settings: Settings, onEvent: (event: ModelEvent) => void): Backend | Promise<Backend>;
}

/** A backend in use. */
export interface Backend {
  readonly provider: BackendName;
  /** The model that would score now; null while there is none. */
  current(): ServedModel | null;
  /** What it lacks to score now, as a sentence; null when it lacks nothing. */
  lacks(): string | null;
  /** Null when the backend does not score. @throws {OverloadedError} {BackendError}, and the signal's reason */
  score(request: BackendRequest): Promise<BackendScores | null>;
  /** Loads the live model if it has changed. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface BackendRequest {
  readonly query: string;
  readonly documents: readonly string[];
  readonly maxTokensPerDocument?: number | undefined;
  readonly signal: AbortSignal;
  /** Called with the costs of a request that is aborted, by a backend that knows them. */
  readonly onCancel?: (costs: ScoringCosts) => void;
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
  /** Null when the backend returns none. */
  readonly logits: ArrayLike<number> | null;
  readonly model: ServedModel;
  readonly tokens: number;
  readonly truncatedPairs: number;
}

/** The model that computed the scores. */
export interface ServedModel {
  readonly id: string;
  /** The SBERT class of the loss it was trained with; null when it was not trained here. */
  readonly loss: string | null;
  readonly runId: string | null;
  /** The blend weight found best on its dev queries. */
  readonly blendAlpha: number | null;
}

/** What a backend reports about its model, for logs and metrics. */
export type ModelEvent =
  | { readonly type: 'loaded'; readonly model: ServedModel; readonly seconds: number }
  | {
      readonly type: 'reload-failed';
      readonly name: string;
      /** Null when the name leads to no model. */
      readonly model: ServedModel | null;
      readonly error: unknown;
    }
  | { readonly type: 'host-ended'; readonly model: ServedModel; readonly error: unknown };

/** Why a request has no scores, as answers and metrics name it. */
export type BackendFailure =
  | 'model-unavailable'
  | 'model-failed'
  | 'cloud-not-set-up'
  | 'cloud-unreachable'
  | 'cloud-refused'
  | 'deadline';

/** A backend that could not score a request. */
export class BackendError extends TypedError {
  override readonly name = 'BackendError';
  readonly kind = 'unavailable';
  readonly reason: BackendFailure;

  constructor(reason: BackendFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** More documents wait than the model can score soon. */
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
