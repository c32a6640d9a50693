/** Keeps the live model loaded: loads it, replaces it without a failed request, and restarts a process that ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from '../../../config/index.js';
import type { ChildConnection } from '../../../processes/child.js';
import type { ModelFunctions, ScoreRequest } from '../../../processes/model-process.js';
import { openModel } from '../../../processes/model-scorer.js';
import { findModel, type ResolvedModel, verifyModel } from '../../../registry/index.js';
import type { ModelEvent, ServedModel } from '../backend.js';
import { watchLive } from './live-watch.js';
import { ScoringQueue } from './scoring-queue.js';

type LocalSettings = Pick<
  Settings,
  'dataDir' | 'modelPath' | 'maxLength' | 'dtype' | 'batch' | 'reloadOnChange' | 'reloadPeriodSec'
>;

/** A model, its process, and the queue in front of it. */
interface Served {
  model: ServedModel;
  readonly child: ChildConnection<ModelFunctions>;
  readonly queue: ScoringQueue;
}

/** Waits before a process that keeps ending is started again. */
const RESTART_MS = [0, 500, 2000, 10_000];

export class LiveModel {
  readonly #settings: LocalSettings;
  readonly #onEvent: (event: ModelEvent) => void;
  #served: Served | null = null;
  #problem: string | null = null;
  #reloading: Promise<void> | null = null;
  #again = false;
  /** Processes that ended since one last answered. */
  #restarts = 0;
  #restarting: Promise<void> | null = null;
  #closed = false;
  #stopWatching: () => void = () => undefined;

  private constructor(settings: LocalSettings, onEvent: (event: ModelEvent) => void) {
    this.#settings = settings;
    this.#onEvent = onEvent;
  }

  /** A model that cannot be loaded is no error: the next change of the live model is tried. */
  static async start(
    settings: LocalSettings,
    onEvent: (event: ModelEvent) => void,
  ): Promise<LiveModel> {
    const { dataDir, reloadOnChange, reloadPeriodSec } = settings;
    const live = new LiveModel(settings, onEvent);
    await live.reload();
    if (reloadOnChange) {
      live.#stopWatching = await watchLive(dataDir, reloadPeriodSec, () => void live.reload());
    }
    return live;
  }

  get served(): Readonly<Served> | null {
    return this.#served;
  }

  /** Why the last model could not be loaded. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Notes that the process answered: only that shows it is sound, since a process that ends at each request loads well. */
  answered(): void {
    this.#restarts = 0;
  }

  /** Resolves when a process that ended has been replaced, or an attempt to replace it has failed. */
  restarted(): Promise<void> {
    return this.#restarting ?? this.reload();
  }

  /** Loads the live model and replaces the old one. Calls during a reload cause one more when it is done. */
  reload(): Promise<void> {
    this.#again = true;
    this.#reloading ??= (async () => {
      try {
        while (this.#again && !this.#closed) {
          this.#again = false;
          await this.#load();
        }
      } finally {
        this.#reloading = null;
      }
    })();
    return this.#reloading;
  }

  async #load(): Promise<void> {
    const { dataDir, modelPath } = this.#settings;
    const began = performance.now();
    let model: ServedModel | null = null;
    try {
      const found = await findModel(dataDir, modelPath);
      model = servedModelOf(found);
      if (this.#served?.model.id === model.id) {
        // An evaluation may have found another blend weight. The files were checked when they were loaded.
        this.#served.model = model;
        this.#problem = null;
        return;
      }
      if (found.manifest) await verifyModel(found.path);
      this.#problem = null;
      const loaded = await this.#open(model, found.path);
      if (this.#closed) return await release(loaded);
      const before = this.#served;
      this.#served = loaded;
      this.#onEvent({ type: 'loaded', model, seconds: (performance.now() - began) / 1000 });
      if (before) void release(before);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#onEvent({ type: 'reload-failed', name: modelPath, model, error });
    }
  }

  async #open(model: ServedModel, path: string): Promise<Served> {
    const { maxLength, dtype, batch: batchSize } = this.#settings;
    let served: Served | undefined;
    const child = await openModel({ path, maxLength, dtype }, 'serving', (error) => {
      if (served !== undefined) this.#ended(served, error);
    });
    const run = (batch: ScoreRequest) => child.call('score', batch);
    served = { model, child, queue: new ScoringQueue({ batchSize, maxLength, run }) };
    return served;
  }

  #ended(served: Served, error: unknown): void {
    if (this.#served !== served) return;
    this.#served = null;
    if (this.#closed) return;
    this.#onEvent({ type: 'host-ended', model: served.model, error });
    this.#restart();
  }

  /** Tries until it succeeds: nothing else may ever reload, and most causes pass. */
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
    if (this.#served) await release(this.#served);
  }
}

/** Ends the process when it has answered its open requests. */
async function release({ child, queue }: Served): Promise<void> {
  await queue.idle();
  child.close();
}

function servedModelOf({ id, loss, manifest }: ResolvedModel): ServedModel {
  return { id, loss, runId: manifest?.id ?? null, blendAlpha: manifest?.blendAlpha ?? null };
}
