/** The queue in front of a model. Documents of all requests share batches, in the order of arrival. */
import type { ScoredPairs, ScoreRequest } from '../../../processes/model-process.js';
import { type BackendRequest, OverloadedError } from '../backend.js';
import { Pace } from './pace.js';
import { type QueuedPair, type RequestScores, ScoringRequest } from './scoring-request.js';

export interface ScoringQueueOptions {
  /** Pairs in one run of the model at most. */
  readonly batchSize: number;
  /** Tokens that the model reads of a pair. */
  readonly maxLength: number;
  /** Runs the model on one batch. */
  readonly run: (batch: ScoreRequest) => Promise<ScoredPairs>;
}

/** While one batch runs, the next one already waits in the model's process. */
const BATCHES_AHEAD = 2;
/** More pairs than this do not wait: a caller is refused at once rather than after minutes. */
const MOST_WAITING_PAIRS = 20_000;
/** About 8,000 tokens of English or code. A longer batch is no faster, and cancelling takes longer. */
const MOST_BATCH_CHARACTERS = 32_000;
/** A longer pair costs no more: the model reads no further. */
const LONGEST_PAIR = 2_000;
/**
 * Characters that one token stands for at most; ordinary text has 3 to 5. A text is cut to what the model
 * can read, so that a query of megabytes is not sent and tokenized with each of its documents.
 */
const CHARACTERS_OF_A_TOKEN = 64;

export class ScoringQueue {
  readonly #options: ScoringQueueOptions;
  readonly #pace = new Pace();
  #pairs: QueuedPair[] = [];
  #running = 0;
  #onIdle: () => void = () => undefined;

  constructor(options: ScoringQueueOptions) {
    this.#options = options;
  }

  /**
   * Scores a request's documents. An abort removes those that have not run, and `onCancel` gets what the
   * others cost.
   *
   * @throws {OverloadedError} when too many pairs wait; what `run` throws; the signal's reason
   */
  async score(asked: BackendRequest): Promise<RequestScores> {
    const { documents, signal } = asked;
    signal.throwIfAborted();
    this.#refuseOverload(documents.length);
    const longest = this.#options.maxLength * CHARACTERS_OF_A_TOKEN;
    const request = new ScoringRequest(asked, asked.query.slice(0, longest));
    const isQueryCut = asked.query.length > longest;
    const pairs = documents.map((text, place): QueuedPair => {
      const document = text.slice(0, longest);
      const length = request.query.length + document.length;
      const isCut = isQueryCut || text.length > longest;
      return { request, place, document, length, isCut };
    });
    // Texts of a batch are then of similar length. Scores do not depend on the order.
    pairs.sort((a, b) => b.length - a.length || a.place - b.place);
    this.#pairs.push(...pairs);
    signal.addEventListener('abort', () => this.#cancel(request, signal.reason), { once: true });
    this.#pump();
    return request.done;
  }

  /** Resolves when nothing waits or runs. */
  async idle(): Promise<void> {
    if (this.#running === 0 && this.#pairs.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** A request of any size is accepted when nothing else waits. */
  #refuseOverload(pairs: number): void {
    const waiting = this.#pairs.length;
    const tooMany = Math.min(waiting, waiting + pairs - MOST_WAITING_PAIRS);
    if (tooMany > 0) throw new OverloadedError(Math.max(1, this.#pace.secondsFor(tooMany)));
  }

  #pump(): void {
    while (this.#running < BATCHES_AHEAD && this.#pairs.length > 0) void this.#run(this.#next());
    if (this.#running === 0 && this.#pairs.length === 0) this.#onIdle();
  }

  /** Removes the next batch from the queue: at least one pair, and all with the same limit of tokens. */
  #next(): QueuedPair[] {
    const limit = this.#pairs[0]?.request.maxDocumentTokens;
    let characters = 0;
    let count = 0;
    for (const { length, request } of this.#pairs) {
      characters += Math.min(length, LONGEST_PAIR);
      const isFull = count >= this.#options.batchSize || characters > MOST_BATCH_CHARACTERS;
      if (count > 0 && (isFull || request.maxDocumentTokens !== limit)) break;
      count++;
    }
    return this.#pairs.splice(0, count);
  }

  async #run(batch: readonly QueuedPair[]): Promise<void> {
    this.#running++;
    const began = performance.now();
    const requests = new Set(batch.map(({ request }) => request));
    for (const request of requests) request.started(began);
    try {
      const scored = await this.#options.run({
        pairs: batch.map(({ request, document }) => [request.query, document]),
        maxDocumentTokens: batch[0]?.request.maxDocumentTokens,
        batchSize: batch.length,
      });
      this.#pace.ended(batch.length, began, performance.now());
      for (const request of requests) request.spent(scored);
      for (const [row, pair] of batch.entries()) pair.request.scored(pair, scored, row);
    } catch (error) {
      for (const request of requests) request.fail(error);
      this.#pairs = this.#pairs.filter(({ request }) => !requests.has(request));
    } finally {
      this.#running--;
      this.#pump();
    }
  }

  #cancel(request: ScoringRequest, reason: unknown): void {
    this.#pairs = this.#pairs.filter((pair) => pair.request !== request);
    request.cancel(reason);
    this.#pump();
  }
}
