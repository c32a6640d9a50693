/** A served model in a child process, and the queue in front of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  type ChildFailure,
  ChildProcessError,
  failureOf,
  ReportedError,
} from '../processes/child.js';
import { nextBatch, type QueuedPair } from './batches.js';
import { OverloadedError } from './overloaded-error.js';
import { Pace } from './pace.js';
import type { ScoringCosts } from './scoring-costs.js';

export type HostRequest =
  | {
      readonly type: 'load';
      readonly id: number;
      readonly path: string;
      readonly maxLength: number;
      readonly dtype: 'fp32' | 'int8';
    }
  | { readonly type: 'score'; readonly id: number; readonly pairs: readonly HostPair[] };

export interface HostPair {
  readonly query: string;
  readonly document: string;
  readonly maxDocumentTokens?: number | undefined;
}

/** What came of one run of the model. */
export interface ScoredBatch {
  readonly logits: Float32Array;
  readonly tokens: Int32Array;
  readonly truncated: Uint8Array;
  readonly tokenizeMs: number;
  readonly inferenceMs: number;
}

export type HostAnswer =
  | { readonly id: number; readonly batch?: ScoredBatch }
  | { readonly id: number; readonly error: ChildFailure };

/** A request's scores and what they cost. */
export interface HostScores extends ScoringCosts {
  /** Raw logits; of two classes their difference, whose sigmoid is the probability of class 1. */
  readonly logits: Float32Array;
  readonly tokens: number;
  readonly truncatedPairs: number;
}

export interface ModelHostOptions {
  readonly path: string;
  readonly maxLength: number;
  readonly dtype: 'fp32' | 'int8';
  /** Pairs in one run of the model at most. */
  readonly batchSize: number;
}

/** A request on its way. */
interface Waiting {
  readonly logits: Float32Array;
  readonly began: number;
  left: number;
  tokens: number;
  truncatedPairs: number;
  firstRun: number | null;
  tokenizeMs: number;
  inferenceMs: number;
  cancelled: boolean;
  onCancel: ((costs: ScoringCosts) => void) | undefined;
  resolve(scores: HostScores): void;
  reject(error: unknown): void;
}

/** While one batch runs the next lies ready in the child. */
const BATCHES_AHEAD = 2;
/**
 * Characters of a text that a token of the model's stands for at most: a query of megabytes is not sent and
 * tokenized with each of its documents, to be cut to what the model reads. Ordinary text has 3 to 5.
 */
const CHARACTERS_OF_A_TOKEN = 64;
/** Pairs that may wait: beyond it a caller is sent away at once rather than kept for minutes. */
const MOST_WAITING_PAIRS = 20_000;

export class ModelHost {
  readonly #child: ChildProcess;
  readonly #batchSize: number;
  readonly #longestText: number;
  readonly #answers = new Map<number, (answer: HostAnswer) => void>();
  #queue: QueuedPair<Waiting>[] = [];
  #running = 0;
  #nextId = 0;
  readonly #pace = new Pace();
  #gone: Error | null = null;
  #onIdle: (() => void) | null = null;

  private constructor(
    child: ChildProcess,
    { batchSize, maxLength }: ModelHostOptions,
    onExit: (error: Error) => void,
  ) {
    this.#child = child;
    this.#batchSize = batchSize;
    this.#longestText = maxLength * CHARACTERS_OF_A_TOKEN;
    child.on('message', (answer: HostAnswer) => {
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
    });
    const ended = (how: string) => {
      if (this.#gone) return;
      const error = new ChildProcessError(`the model host ${how}`);
      this.#gone = error;
      for (const answered of this.#answers.values()) {
        answered({ id: -1, error: failureOf(error) });
      }
      this.#answers.clear();
      for (const { owner } of this.#queue.splice(0)) owner.reject(error);
      onExit(error);
    };
    child.once('exit', (code, signal) =>
      ended(signal ? `was killed by ${signal}` : `ended with exit code ${code}`),
    );
    // A machine without memory for one more process says so here, and no exit follows.
    child.on('error', ({ message }) => ended(`cannot be started or reached: ${message}`));
  }

  /** Loads a model and scores one pair with it. Throws what loading threw. */
  static async open(options: ModelHostOptions, onExit: (error: Error) => void): Promise<ModelHost> {
    const child = fork(entryPath(), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    const host = new ModelHost(child, options, onExit);
    try {
      const { path, maxLength, dtype } = options;
      await host.#ask((id) => ({ type: 'load', id, path, maxLength, dtype }));
      return host;
    } catch (error) {
      child.disconnect();
      throw error;
    }
  }

  /**
   * Scores pairs, in batches shared with other requests; an abort takes back what has not run, and what
   * was spent until then is told.
   * @throws {OverloadedError} {ChildProcessError} {ReportedError}, and the signal's reason
   */
  score(
    pairs: readonly HostPair[],
    signal?: AbortSignal,
    onCancel?: (costs: ScoringCosts) => void,
  ): Promise<HostScores> {
    if (this.#gone) return Promise.reject(this.#gone);
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#queue.length > 0 && this.#queue.length + pairs.length > MOST_WAITING_PAIRS) {
      return Promise.reject(new OverloadedError(this.#secondsToRoomFor(pairs.length)));
    }
    return new Promise((resolve, reject) => {
      const owner: Waiting = {
        logits: new Float32Array(pairs.length),
        began: performance.now(),
        left: pairs.length,
        tokens: 0,
        truncatedPairs: 0,
        firstRun: null,
        tokenizeMs: 0,
        inferenceMs: 0,
        cancelled: false,
        onCancel,
        resolve,
        reject,
      };
      if (pairs.length === 0) return resolve(scoresOf(owner));
      signal?.addEventListener('abort', () => this.#cancel(owner, signal.reason), { once: true });
      // By length, so that a run's texts are alike; the scores do not depend on it.
      const ordered = pairs
        .map((pair, place) => ({ ...this.#readable(pair), place, owner }))
        .sort((a, b) => b.length - a.length || a.place - b.place);
      this.#queue.push(...ordered);
      this.#pump();
    });
  }

  /** Ends the child once what was asked of it is answered. */
  async close(): Promise<void> {
    if (!this.#gone && (this.#running > 0 || this.#queue.length > 0)) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    if (this.#child.connected) this.#child.disconnect();
  }

  /** No more of a pair's texts than the model could read. */
  #readable(pair: HostPair): Pick<QueuedPair<Waiting>, 'pair' | 'length' | 'isCut'> {
    const query = pair.query.slice(0, this.#longestText);
    const document = pair.document.slice(0, this.#longestText);
    return {
      pair: { ...pair, query, document },
      length: query.length + document.length,
      isCut: query.length < pair.query.length || document.length < pair.document.length,
    };
  }

  #pump(): void {
    while (this.#running < BATCHES_AHEAD && this.#queue.length > 0 && !this.#gone) {
      const batch = nextBatch(this.#queue, this.#batchSize);
      void this.#run(batch);
    }
    if (this.#running === 0 && this.#queue.length === 0) this.#onIdle?.();
  }

  async #run(batch: readonly QueuedPair<Waiting>[]): Promise<void> {
    this.#running++;
    const began = performance.now();
    for (const { owner } of batch) owner.firstRun ??= began;
    try {
      const pairs = batch.map(({ pair }) => pair);
      const answer = await this.#ask((id) => ({ type: 'score', id, pairs }));
      if (!('batch' in answer) || !answer.batch) throw new Error('the model host sent no scores');
      this.#pace.ended(batch.length, began, performance.now());
      settle(batch, answer.batch);
    } catch (error) {
      for (const { owner } of batch) owner.reject(error);
    } finally {
      this.#running--;
      this.#pump();
    }
  }

  #cancel(owner: Waiting, reason: unknown): void {
    if (owner.left === 0 || owner.cancelled) return;
    owner.cancelled = true;
    this.#queue = this.#queue.filter((one) => one.owner !== owner);
    owner.onCancel?.(costsOf(owner, performance.now()));
    owner.reject(reason);
    this.#pump();
  }

  #ask(request: (id: number) => HostRequest): Promise<HostAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (answer) => {
        if ('error' in answer) reject(new ReportedError(answer.error));
        else resolve(answer);
      });
      // A child that is gone shows as its exit.
      if (this.#child.connected) this.#child.send(request(id), () => undefined);
    });
  }

  /** Until so many may wait; more than ever may wait at once are taken when nothing else waits. */
  #secondsToRoomFor(pairs: number): number {
    const tooMany = Math.min(this.#queue.length, this.#queue.length + pairs - MOST_WAITING_PAIRS);
    return Math.max(1, this.#pace.secondsFor(tooMany));
  }
}

function settle(batch: readonly QueuedPair<Waiting>[], scored: ScoredBatch): void {
  const { logits, tokens, truncated, tokenizeMs, inferenceMs } = scored;
  const owners = new Set(batch.map(({ owner }) => owner));
  for (const owner of owners) {
    owner.tokenizeMs += tokenizeMs;
    owner.inferenceMs += inferenceMs;
  }
  batch.forEach(({ owner, place, isCut }, row) => {
    owner.logits[place] = logits[row] as number;
    owner.tokens += tokens[row] as number;
    owner.truncatedPairs += isCut ? 1 : (truncated[row] as number);
    owner.left--;
    if (owner.left === 0 && !owner.cancelled) owner.resolve(scoresOf(owner));
  });
}

function scoresOf(owner: Waiting): HostScores {
  const { logits, tokens, truncatedPairs } = owner;
  return { logits, tokens, truncatedPairs, ...costsOf(owner, owner.began) };
}

/** What has not begun to run has waited until now. */
function costsOf({ tokenizeMs, inferenceMs, began, firstRun }: Waiting, now: number): ScoringCosts {
  return { queueMs: (firstRun ?? now) - began, tokenizeMs, inferenceMs };
}

/** Compiled beside this file; the sources are compiled before anything runs. */
function entryPath(): string {
  const here = fileURLToPath(import.meta.url).replace(
    /[/\\]src[/\\]serving[/\\]/,
    '/dist/serving/',
  );
  return here.replace(/model-host\.[jt]s$/, 'model-host-process.js');
}
