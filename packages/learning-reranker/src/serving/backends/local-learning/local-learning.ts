/** The backend that scores with the live model, in a process of its own. */
import { probabilities } from '../../../processes/model-scorer.js';
import {
  type Backend,
  type BackendDescription,
  BackendError,
  type BackendRequest,
  type BackendScores,
  OverloadedError,
} from '../backend.js';
import { LiveModel } from './live-model.js';

export const localLearning: BackendDescription = {
  label: 'Learning Reranker',
  describe: () => 'the model learned here',
  lacks: () => null,
  open: async (settings, onEvent) => new LocalLearning(await LiveModel.start(settings, onEvent)),
};

class LocalLearning implements Backend {
  readonly provider = 'local-learning';
  readonly #live: LiveModel;

  constructor(live: LiveModel) {
    this.#live = live;
  }

  current() {
    return this.#live.served?.model ?? null;
  }

  lacks() {
    return this.#live.served ? null : (this.#live.problem ?? 'The model is loading');
  }

  /** A request whose process ends is sent once more, to the process that replaces it. */
  async score(request: BackendRequest): Promise<BackendScores> {
    try {
      return await this.#scoreOnce(request);
    } catch (error) {
      throwIfFinal(error, request);
      await this.#live.restarted();
    }
    try {
      return await this.#scoreOnce(request);
    } catch (error) {
      throwIfFinal(error, request);
      throw new BackendError('model-failed', 'The model could not score this request', {
        cause: error,
      });
    }
  }

  async #scoreOnce(request: BackendRequest): Promise<BackendScores> {
    const { served } = this.#live;
    if (!served) throw new BackendError('model-unavailable', 'No model is loaded');
    const { logits, ...costs } = await served.queue.score(request);
    if (!logits.every(Number.isFinite)) {
      throw new BackendError('model-failed', 'The model computed a score that is not a number');
    }
    this.#live.answered();
    return { relevance: probabilities(logits), logits, model: served.model, ...costs };
  }

  reload() {
    return this.#live.reload();
  }

  close() {
    return this.#live.close();
  }
}

/** Throws an error that a second attempt would not change. */
function throwIfFinal(error: unknown, { signal }: BackendRequest): void {
  signal.throwIfAborted();
  if (error instanceof OverloadedError || error instanceof BackendError) throw error;
}
