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
  readonly #onCancel: BackendRequest['onCancel'];
  readonly #scores: { -readonly [Key in keyof RequestScores]: RequestScores[Key] };
  readonly #began = performance.now();
  #hasStarted = false;
  #left: number;
  #resolve!: (scores: RequestScores) => void;
  #reject!: (error: unknown) => void;

  constructor({ documents, maxTokensPerDocument, onCancel }: BackendRequest, query: string) {
    this.query = query;
    this.maxDocumentTokens = maxTokensPerDocument;
    this.#onCancel = onCancel;
    this.#left = documents.length;
    const logits = new Float32Array(documents.length);
    const costs = { queueMs: 0, tokenizeMs: 0, inferenceMs: 0 };
    this.#scores = { logits, tokens: 0, truncatedPairs: 0, ...costs };
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (this.#left === 0) this.#resolve(this.#scores);
  }

  /** A batch with documents of this request begins to run: with the first one, the wait in the queue ends. */
  started(now: number): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#scores.queueMs = now - this.#began;
  }

  /** A batch with documents of this request has run, and took this long as a whole. */
  spent({ tokenizeMs, inferenceMs }: ScoredPairs): void {
    this.#scores.tokenizeMs += tokenizeMs;
    this.#scores.inferenceMs += inferenceMs;
  }

  /** Takes the score of one document, which is in a row of its batch. */
  scored({ place, isCut }: QueuedPair, batch: ScoredPairs, row: number): void {
    this.#scores.logits[place] = batch.logits[row] as number;
    this.#scores.tokens += batch.tokens[row] as number;
    this.#scores.truncatedPairs += isCut ? 1 : (batch.truncated[row] as number);
    this.#left--;
    if (this.#left === 0) this.#resolve(this.#scores);
  }

  cancel(reason: unknown): void {
    if (this.#left === 0) return;
    this.started(performance.now());
    this.#onCancel?.(this.#scores);
    this.#reject(reason);
  }

  fail(error: unknown): void {
    this.#reject(error);
  }
}
