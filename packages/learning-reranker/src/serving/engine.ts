/** Reranks a request: scores its documents, blends the scores with the search's, and keeps the deadline. */
import { servedAlpha } from '../comparison/index.js';
import type { Settings } from '../config/index.js';
import {
  type Backend,
  BackendError,
  type BackendFailure,
  type BackendName,
  type BackendScores,
  type ModelEvent,
  type ScoringCosts,
  type ServedModel,
} from './backends/backend.js';
import { backends } from './backends/index.js';
import { beforeDeadline } from './deadline.js';
import { orderDocuments, type RerankedDocument, type SearchedDocument } from './rerank.js';

export interface EngineRequest {
  readonly query: string;
  readonly documents: readonly SearchedDocument[];
  /** Results at most; all when absent or 0. */
  readonly topN?: number | undefined;
  /** Weight of the model's score against the search's; the setting when absent. */
  readonly alpha?: number | 'auto' | undefined;
  readonly maxTokensPerDocument?: number | undefined;
  /** Milliseconds after which the answer is the original order; the setting when absent. */
  readonly deadlineMs?: number | undefined;
  /** Aborted when the caller leaves. */
  readonly signal?: AbortSignal | undefined;
}

interface EngineResult extends RerankedDocument {
  readonly logit: number | null;
}

export interface EngineAnswer {
  readonly results: readonly EngineResult[];
  readonly provider: BackendName;
  readonly model: ServedModel | null;
  /** The weight of the model's score; null when the request has no search scores. */
  readonly alpha: number | null;
  /** Why the results have their original order although a backend is set; null when all is well. */
  readonly degraded: BackendFailure | null;
  readonly timings: ScoringCosts & { readonly totalMs: number };
  readonly usage: {
    readonly pairs: number;
    readonly tokens: number;
    readonly truncatedPairs: number;
  };
}

export interface EngineOptions {
  readonly settings: Settings;
  readonly onEvent?: (event: ModelEvent) => void;
  /** Called when a backend gives no scores. The message contains no text of a user. */
  readonly onDegraded?: (error: BackendError) => void;
}

export class RerankEngine {
  readonly #backend: Backend;
  readonly #settings: Settings;
  readonly #onDegraded: (error: BackendError) => void;

  private constructor(backend: Backend, { settings, onDegraded = () => undefined }: EngineOptions) {
    this.#backend = backend;
    this.#settings = settings;
    this.#onDegraded = onDegraded;
  }

  /** Without a model that can be loaded, requests keep their order until there is one. */
  static async open(options: EngineOptions): Promise<RerankEngine> {
    const { settings, onEvent = () => undefined } = options;
    const backend = await backends[settings.backend].open(settings, onEvent);
    return new RerankEngine(backend, options);
  }

  /**
   * The documents, best first. When the backend fails or is late they keep their order, and the answer says why.
   *
   * @throws {OverloadedError} when too many documents wait already, and the signal's reason when it aborts
   */
  async rerank(request: EngineRequest): Promise<EngineAnswer> {
    const began = performance.now();
    let scores: BackendScores | null = null;
    let degraded: BackendFailure | null = null;
    let spent: ScoringCosts | null = null;
    try {
      scores = await this.#score(request, (costs) => {
        spent = costs;
      });
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      degraded = error.reason;
      if (degraded !== 'deadline') this.#onDegraded(error);
    }
    const totalMs = performance.now() - began;
    // A backend that does not report where the time went spent it on scoring.
    const unknown = { queueMs: 0, tokenizeMs: 0, inferenceMs: degraded ? totalMs : 0 };
    const { queueMs, tokenizeMs, inferenceMs } = scores ?? spent ?? unknown;
    const timings = { queueMs, tokenizeMs, inferenceMs, totalMs };
    return this.#answer(request, scores, degraded, timings);
  }

  #score(
    { query, documents, maxTokensPerDocument, deadlineMs, signal }: EngineRequest,
    onCancel: (costs: ScoringCosts) => void,
  ): Promise<BackendScores | null> {
    return beforeDeadline(deadlineMs ?? this.#settings.timeoutMs, signal, (either) =>
      this.#backend.score({
        query,
        documents: documents.map(({ text }) => text),
        maxTokensPerDocument,
        signal: either,
        onCancel,
      }),
    );
  }

  #answer(
    { documents, topN = 0, alpha = this.#settings.alpha }: EngineRequest,
    scores: BackendScores | null,
    degraded: BackendFailure | null,
    timings: EngineAnswer['timings'],
  ): EngineAnswer {
    const weight = servedAlpha(alpha, scores?.model.blendAlpha);
    const { results, blended } = orderDocuments(documents, scores?.relevance ?? null, weight);
    const kept = topN > 0 ? results.slice(0, topN) : results;
    return {
      results: kept.map((one) => ({ ...one, logit: scores?.logits?.[one.index] ?? null })),
      provider: this.provider,
      model: scores?.model ?? null,
      alpha: blended ? weight : null,
      degraded,
      timings,
      usage: {
        pairs: scores ? documents.length : 0,
        tokens: scores?.tokens ?? 0,
        truncatedPairs: scores?.truncatedPairs ?? 0,
      },
    };
  }

  get provider(): BackendName {
    return this.#backend.provider;
  }

  /** The model that would score now. */
  current(): ServedModel | null {
    return this.#backend.current();
  }

  /** All backends, and what each of them lacks. Only the selected backend is tried; the others go by the settings. */
  options() {
    return Object.entries(backends).map(([key, { label, describe, lacks }]) => {
      const name = key as BackendName;
      const selected = name === this.provider;
      const reason = selected ? this.#backend.lacks() : lacks(this.#settings);
      return { name, label, description: describe(this.#settings), selected, lacks: reason };
    });
  }

  /** Loads the live model if it has changed. */
  reload(): Promise<void> {
    return this.#backend.reload();
  }

  close(): Promise<void> {
    return this.#backend.close();
  }
}
