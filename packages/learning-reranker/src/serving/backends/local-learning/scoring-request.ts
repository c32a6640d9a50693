/** A request that waits for its scores, and what it has cost so far. */
import type { ScoredPairs } from '../../../processes/model-process.js';
import type { BackendRequest, ScoringCosts } from '../backend.js';

/** A request's raw logits, in the order of its documents, and what they cost. */
export interface RequestScores extends ScoringCosts {
  readonly logits: Float32Array;
  readonly tokens: number;
  readonly truncatedPairs: number;
}

/** A document in the queue. */
export interface QueuedPair {
  readonly request: ScoringRequest;
  /** The document's place in its request. */
  readonly place: number;
  readonly document: string;
  /** UTF-16 code units of query and document. */
  readonly length: number;
  /** Whether query or document was cut before the model sees it. */
  readonly isCut: boolean;
}

export class ScoringRequest {
  /** Resolves when all documents have a score. */
  readonly done: Promise<RequestScores>;
  readonly query: string;
  readonly maxDocumentTokens: number | undefined;
  readonly #onCancel: ((costs: ScoringCosts) => void) | undefined;
  #resolve!: (scores: RequestScores) => void;
  #reject!: (error: unknown) => void;
  readonly #logits: Float32Array;
  #left: number;
  #tokens = 0;
  #truncatedPairs = 0;
  readonly #began = performance.now();
  #firstRun: number | null = null;
  #tokenizeMs = 0;
  #inferenceMs = 0;

  constructor(request: BackendRequest, query: string) {
    this.query = query;
    this.maxDocumentTokens = request.maxTokensPerDocument;
    this.#onCancel = request.onCancel;
    this.#logits = new Float32Array(request.documents.length);
    this.#left = request.documents.length;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (this.#left === 0) this.#finish();
  }

  /** A batch with documents of this request begins to run. */
  started(now: number): void {
    this.#firstRun ??= now;
  }

  /** A batch with documents of this request has run, and took this long as a whole. */
  spent({ tokenizeMs, inferenceMs }: ScoredPairs): void {
    this.#tokenizeMs += tokenizeMs;
    this.#inferenceMs += inferenceMs;
  }

  /** Takes the score of one document, which stands in a row of its batch. */
  scored({ place, isCut }: QueuedPair, batch: ScoredPairs, row: number): void {
    this.#logits[place] = batch.logits[row] as number;
    this.#tokens += batch.tokens[row] as number;
    this.#truncatedPairs += isCut ? 1 : (batch.truncated[row] as number);
    this.#left--;
    if (this.#left === 0) this.#finish();
  }

  cancel(reason: unknown): void {
    if (this.#left === 0) return;
    this.#onCancel?.(this.#costs(performance.now()));
    this.#reject(reason);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  #finish(): void {
    this.#resolve({
      logits: this.#logits,
      tokens: this.#tokens,
      truncatedPairs: this.#truncatedPairs,
      ...this.#costs(this.#began),
    });
  }

  /** A request of which nothing has run yet has waited until now. */
  #costs(now: number): ScoringCosts {
    return {
      queueMs: (this.#firstRun ?? now) - this.#began,
      tokenizeMs: this.#tokenizeMs,
      inferenceMs: this.#inferenceMs,
    };
  }
}
