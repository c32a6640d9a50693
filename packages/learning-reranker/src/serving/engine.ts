/** One way to rerank for every door: score, blend with the search, and in time or openly not. */
import { servedAlpha } from '../comparison/index.js';
import type { Settings } from '../config/index.js';
import {
  type Backend,
  BackendError,
  type BackendFailure,
  type BackendScores,
  type ScoringCosts,
  type ServedModel,
} from './backends/backend.js';
import { cloudBackend } from './backends/cloud/cloud.js';
import { localLearningBackend, type ModelEvent } from './backends/local-learning/local-learning.js';
import { noBackend } from './backends/none.js';
import { orderDocuments, type SearchedDocument } from './rerank.js';

export interface EngineRequest {
  readonly query: string;
  readonly documents: readonly SearchedDocument[];
  /** Results at most; all when absent or 0. */
  readonly topN?: number | undefined;
  /** Weight of the model's score against the search's; the setting's when absent. */
  readonly alpha?: number | 'auto' | undefined;
  readonly maxTokensPerDocument?: number | undefined;
  /** Milliseconds after which the original order is the answer; the setting's when absent. */
  readonly deadlineMs?: number | undefined;
  /** Aborted when the caller is gone. */
  readonly signal?: AbortSignal | undefined;
}

export interface EngineResult {
  /** The document's place in the request. */
  readonly index: number;
  readonly id: string | undefined;
  readonly text: string;
  /** What orders, 0 to 1. */
  readonly score: number;
  /** The model's own score, 0 to 1; null where no model scored. */
  readonly relevanceScore: number | null;
  readonly logit: number | null;
}

export interface EngineAnswer {
  readonly results: readonly EngineResult[];
  readonly provider: Backend['provider'];
  readonly model: ServedModel | null;
  /** The weight of the model's score; null where no search scores went in. */
  readonly alpha: number | null;
  /** Why this is the original order although a model was asked for; null when all is well. */
  readonly degraded: BackendFailure | null;
  readonly timings: {
    readonly queueMs: number;
    readonly tokenizeMs: number;
    readonly inferenceMs: number;
    readonly totalMs: number;
  };
  readonly usage: {
    readonly pairs: number;
    readonly tokens: number;
    readonly truncatedPairs: number;
  };
}

export interface EngineOptions {
  readonly settings: Settings;
  readonly onEvent?: (event: ModelEvent) => void;
  /** Told why a backend gave no scores, in a sentence without anybody's words. */
  readonly onDegraded?: (error: BackendError) => void;
}

export class RerankEngine {
  readonly #backend: Backend;
  readonly #settings: Settings;
  readonly #onDegraded: (error: BackendError) => void;

  private constructor(
    backend: Backend,
    settings: Settings,
    onDegraded: (error: BackendError) => void,
  ) {
    this.#backend = backend;
    this.#settings = settings;
    this.#onDegraded = onDegraded;
  }

  /** A model that cannot be loaded leaves an engine that answers degraded until one can. */
  static async open({
    settings,
    onEvent = () => undefined,
    onDegraded = () => undefined,
  }: EngineOptions): Promise<RerankEngine> {
    const backends = {
      none: () => noBackend,
      cloud: () => cloudBackend(settings),
      'local-learning': () => localLearningBackend(settings, onEvent),
    };
    return new RerankEngine(await backends[settings.backend](), settings, onDegraded);
  }

  get provider(): Backend['provider'] {
    return this.#backend.provider;
  }

  /** What would answer now. */
  current(): ServedModel | null {
    return this.#backend.current();
  }

  /** What a backend lacks to answer; null where it lacks nothing, or is not set and so was not tried. */
  lacks(provider: Backend['provider']): string | null {
    if (provider === this.provider) return this.#backend.lacks();
    return provider === 'cloud' ? cloudBackend(this.#settings).lacks() : null;
  }

  /**
   * The documents, best first. A model that fails or is late gives the original order, with the reason.
   * @throws {OverloadedError} when too much waits already, and the signal's reason when aborted
   */
  async rerank(request: EngineRequest): Promise<EngineAnswer> {
    const began = performance.now();
    const { query, documents, signal, maxTokensPerDocument } = request;
    // Not AbortSignal.any with a timeout: Node 20 keeps what listens to it for ever.
    const either = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      either.abort(new DOMException('the deadline is over', 'TimeoutError'));
    }, request.deadlineMs ?? this.#settings.timeoutMs);
    const stop = () => either.abort(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
    let scores: BackendScores | null = null;
    let degraded: BackendFailure | null = null;
    let spent: ScoringCosts | null = null;
    try {
      signal?.throwIfAborted();
      const scoring = this.#backend.score({
        query,
        documents: documents.map(({ text }) => text),
        maxTokensPerDocument,
        signal: either.signal,
        onCancel: (costs) => {
          spent = costs;
        },
      });
      scores = await unlessAborted(scoring, either.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isLate) degraded = 'deadline';
      else if (error instanceof BackendError) {
        degraded = error.reason;
        this.#onDegraded(error);
      } else throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
    const totalMs = performance.now() - began;
    // Whoever did not say where the time went spent it on scoring.
    const costs = scores ?? spent ?? { ...NO_COSTS, inferenceMs: degraded ? totalMs : 0 };
    return this.#answer(request, scores, degraded, { ...costsOf(costs), totalMs });
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
      results: kept.map((result) => ({
        ...result,
        id: result.id,
        logit: scores?.logits?.[result.index] ?? null,
      })),
      provider: this.#backend.provider,
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

  /** Takes up what is live by now. */
  reload(): Promise<void> {
    return this.#backend.reload();
  }

  close(): Promise<void> {
    return this.#backend.close();
  }
}

const NO_COSTS: ScoringCosts = { queueMs: 0, tokenizeMs: 0, inferenceMs: 0 };

function costsOf({ queueMs, tokenizeMs, inferenceMs }: ScoringCosts): ScoringCosts {
  return { queueMs, tokenizeMs, inferenceMs };
}

/** No backend keeps a caller past the deadline, whatever it waits for: a name's address, a model's load. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
