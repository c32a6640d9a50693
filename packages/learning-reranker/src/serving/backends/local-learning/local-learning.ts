/** The model learned here, in a child process; what is live is taken up without a request failing. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../../config/index.js';
import { probabilities } from '../../../processes/model-scorer.js';
import { findModel, type ResolvedModel, verifyModel } from '../../../registry/index.js';
import {
  type Backend,
  BackendError,
  type BackendRequest,
  OverloadedError,
  type ServedModel,
} from '../backend.js';
import { watchLive } from './live-watch.js';
import { ModelHost } from './model-host.js';

type LocalSettings = Pick<
  Settings,
  'dataDir' | 'modelPath' | 'maxLength' | 'dtype' | 'batch' | 'reloadOnChange' | 'reloadPeriodSec'
>;

/** What a backend tells of itself, for logs and metrics. */
export type ModelEvent =
  | { readonly type: 'loaded'; readonly model: ServedModel; readonly seconds: number }
  | {
      readonly type: 'reload-failed';
      readonly name: string;
      /** Null where the name led to none. */
      readonly model: ServedModel | null;
      readonly error: unknown;
    }
  | { readonly type: 'host-ended'; readonly model: ServedModel; readonly error: unknown };

/** A model with the child it lives in. */
interface Served {
  model: ServedModel;
  readonly host: ModelHost;
}

/** Waits between attempts to start a host that keeps ending. */
const RESTART_MS = [0, 500, 2000, 10_000];

export async function localLearningBackend(
  settings: LocalSettings,
  onEvent: (event: ModelEvent) => void,
): Promise<Backend> {
  const backend = new LocalLearning(settings, onEvent);
  await backend.start();
  return backend;
}

class LocalLearning implements Backend {
  readonly provider = 'local-learning';
  readonly #settings: LocalSettings;
  readonly #onEvent: (event: ModelEvent) => void;
  #served: Served | null = null;
  /** Why the last model was not taken up. */
  #problem: string | null = null;
  #reloading: Promise<void> | null = null;
  #again = false;
  /** Hosts that ended since one last answered. */
  #restarts = 0;
  #restarting: Promise<void> | null = null;
  #closed = false;
  #stopWatching: () => void = () => undefined;

  constructor(settings: LocalSettings, onEvent: (event: ModelEvent) => void) {
    this.#settings = settings;
    this.#onEvent = onEvent;
  }

  async start(): Promise<void> {
    const { dataDir, reloadOnChange, reloadPeriodSec } = this.#settings;
    await this.reload();
    if (!reloadOnChange) return;
    this.#stopWatching = await watchLive(
      { dataDir, periodSec: reloadPeriodSec },
      () => void this.reload(),
    );
  }

  current(): ServedModel | null {
    return this.#served?.model ?? null;
  }

  lacks(): string | null {
    return this.#served ? null : (this.#problem ?? 'the model is being loaded');
  }

  /** A request whose host ends under it is asked once more, of the host that follows. */
  async score(request: BackendRequest) {
    try {
      return await this.#score(request);
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof OverloadedError || error instanceof BackendError) throw error;
      await (this.#restarting ?? this.reload());
      return await this.#score(request).catch((second: unknown) => {
        request.signal.throwIfAborted();
        if (second instanceof OverloadedError || second instanceof BackendError) throw second;
        throw new BackendError('model-failed', 'the model could not score this', { cause: second });
      });
    }
  }

  async #score(request: BackendRequest) {
    const served = this.#served;
    if (!served) throw new BackendError('model-unavailable', 'no model is loaded');
    const { logits, ...costs } = await served.host.score(request);
    if (!logits.every(Number.isFinite)) {
      throw new BackendError('model-failed', 'the model gave a score that is no number');
    }
    // Only an answer shows a sound host: one that ends at every request loads well each time.
    this.#restarts = 0;
    return { relevance: probabilities(logits), logits, model: served.model, ...costs };
  }

  /** Loads what is live beside what serves, and swaps; of calls at the same time one more look follows. */
  reload(): Promise<void> {
    this.#again = true;
    this.#reloading ??= (async () => {
      try {
        while (this.#again && !this.#closed) {
          this.#again = false;
          await this.#takeUp();
        }
      } finally {
        this.#reloading = null;
      }
    })();
    return this.#reloading;
  }

  async #takeUp(): Promise<void> {
    const { dataDir, modelPath, maxLength, dtype, batch: batchSize } = this.#settings;
    let model: ServedModel | null = null;
    try {
      const began = performance.now();
      const found = await findModel(dataDir, modelPath);
      model = servedModelOf(found);
      if (this.#served?.model.id === model.id) {
        // An evaluation since may have found another weight; its files were checked when it was loaded.
        this.#served.model = model;
        this.#problem = null;
        return;
      }
      const { path, manifest } = found;
      if (manifest) await verifyModel(path);
      this.#problem = null;
      let own: Served | undefined;
      const host = await ModelHost.open({ path, maxLength, dtype, batchSize }, (error) => {
        if (own !== undefined) this.#ended(own, error);
      });
      own = { model, host };
      if (this.#closed) return void (await host.close());
      const before = this.#served;
      this.#served = own;
      this.#onEvent({ type: 'loaded', model, seconds: (performance.now() - began) / 1000 });
      void before?.host.close();
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#onEvent({ type: 'reload-failed', name: modelPath, model, error });
    }
  }

  /** A host that ended on its own is followed by another. */
  #ended(served: Served, error: unknown): void {
    if (this.#served !== served) return;
    this.#served = null;
    if (this.#closed) return;
    this.#onEvent({ type: 'host-ended', model: served.model, error });
    this.#restart();
  }

  /** Again and again where it fails: nothing else may ever look, and what was in the way passes. */
  #restart(): void {
    if (this.#restarting !== null) return;
    const wait = RESTART_MS[Math.min(this.#restarts++, RESTART_MS.length - 1)];
    this.#restarting = sleep(wait, undefined, { ref: false })
      .then(() => this.reload())
      .finally(() => {
        this.#restarting = null;
        if (this.#served === null && !this.#closed) this.#restart();
      });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatching();
    await this.#reloading;
    await this.#served?.host.close();
  }
}

function servedModelOf({ id, loss, manifest }: ResolvedModel): ServedModel {
  return { id, loss, runId: manifest?.id ?? null, blendAlpha: manifest?.blendAlpha ?? null };
}
