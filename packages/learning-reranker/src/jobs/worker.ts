/** Takes jobs from the queue and runs them one by one, with heartbeats. */
import { setTimeout as sleep } from 'node:timers/promises';
import { kindOf } from '@learning-reranker/cross-encoder/errors';
import type { Kysely } from 'kysely';
import type { Settings } from '../config/index.js';
import type { Database } from '../database/schema.js';
import { isDatabaseAway } from '../database/unreachable.js';
import type { Teacher } from '../mining/teacher-scores.js';
import { registeredOperation } from '../operations/index.js';
import type { OperationContext, OperationProgress } from '../operations/operation.js';
import { TrainingLockError } from '../training/training-lock.js';
import { type Job, JobQueue, newWorkerName } from './queue.js';

/** What a worker reports for logs. */
export type WorkerEvent =
  | { readonly type: 'started' | 'retried' | 'postponed'; readonly job: Job }
  | {
      readonly type: 'ended';
      readonly job: Job;
      readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'lost';
      readonly error?: unknown;
    }
  | {
      readonly type: 'event';
      readonly job: Job;
      readonly event: string;
      readonly data: Readonly<Record<string, unknown>>;
    }
  /** The database did not respond; the worker tries again. */
  | { readonly type: 'waiting'; readonly error: unknown };

export interface WorkerOptions {
  readonly db: Kysely<Database>;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** The kinds of jobs it takes; all when absent. */
  readonly kinds?: readonly string[];
  /** The cloud's reranker as a teacher. */
  readonly cloudTeacher?: (signal: AbortSignal) => Teacher;
  readonly onEvent?: (event: WorkerEvent) => void;
}

const POLL_MS = 500;
const HEARTBEAT_MS = 2000;
const RETRY_SECONDS = 5;
const WAITS_FOR_TRAINING = 'waiting for another training to end';
/** Only a job that has ended has the progress 1. */
const MOST_WHILE_RUNNING = 0.99;

/** Runs until the signal is aborted, then releases its job. */
export async function startWorker(options: WorkerOptions): Promise<void> {
  const { db, signal, kinds, onEvent = () => undefined } = options;
  const queue = new JobQueue(db);
  const worker = newWorkerName();
  while (!signal.aborted) {
    try {
      await queue.failAbandoned();
      const job = await queue.claim(worker, kinds);
      if (job) await workOn(job, worker, queue, options);
      else await sleep(POLL_MS, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      onEvent({ type: 'waiting', error });
      await sleep(POLL_MS * 4, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function workOn(
  job: Job,
  worker: string,
  queue: JobQueue,
  { db, settings, signal, cloudTeacher, onEvent = () => undefined }: WorkerOptions,
): Promise<void> {
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  let progress: OperationProgress = {};
  const lease: { state: 'held' | 'cancelled' | 'lost' } = { state: 'held' };
  const beat = async () => {
    const { held, cancelRequested } = await queue.heartbeat(job.id, worker, progress);
    if (held && !cancelRequested) return;
    lease.state = held ? 'cancelled' : 'lost';
    controller.abort(new DOMException('The job was cancelled.', 'AbortError'));
  };
  // The next heartbeat follows a failed one, and notices a lost lease.
  const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT_MS);
  // One by one, because readers rely on the order of ids.
  let writes = Promise.resolve();
  const write = (work: () => Promise<void>) => {
    writes = writes.then(work).catch(() => undefined);
    return writes;
  };
  let mayTryAgain = job.attempts < job.max_attempts;
  const context: OperationContext = {
    settings,
    database: () => db,
    lastEvent: (type) => queue.lastEvent(job.id, type),
    signal: controller.signal,
    cloudTeacher: cloudTeacher ?? null,
    progress: ({ share, ...now }) => {
      progress = {
        ...progress,
        etaSeconds: null,
        ...now,
        ...(share !== undefined && { share: Math.min(share, MOST_WHILE_RUNNING) }),
      };
    },
    checkpoint: () => {
      mayTryAgain = true;
      void write(() => queue.countAttemptsAnew(job.id, worker));
    },
    event: (type, data) => {
      onEvent({ type: 'event', job, event: type, data });
      return write(() => queue.addEvent(job.id, type, data));
    },
  };
  // While it waits for a training, it is claimed every few seconds and reported once.
  const hasWaited = job.message === WAITS_FOR_TRAINING;
  if (!hasWaited) onEvent({ type: 'started', job });
  const ended = async (
    outcome: 'succeeded' | 'failed' | 'cancelled',
    detail: { result?: Record<string, unknown>; error?: unknown },
  ) => {
    await writes;
    const counts = await queue.finish(
      job.id,
      worker,
      outcome === 'succeeded'
        ? { status: outcome, result: detail.result ?? {} }
        : { status: outcome, error: messageOf(detail.error) },
    );
    onEvent({ type: 'ended', job, outcome: counts ? outcome : 'lost', error: detail.error });
  };
  try {
    if (!hasWaited) progress = { message: 'started' };
    await beat();
    controller.signal.throwIfAborted();
    const operation = await registeredOperation(job.kind).load();
    // An older version may have queued the job.
    const result = await operation.run(operation.schema.parse(job.request), context);
    await ended('succeeded', { result: { ...result } });
  } catch (error) {
    if (lease.state === 'lost') onEvent({ type: 'ended', job, outcome: 'lost', error });
    else if (lease.state === 'cancelled') await ended('cancelled', { error });
    else if (signal.aborted) await queue.release(job.id, worker);
    else if (error instanceof TrainingLockError) {
      await queue.postpone(job.id, worker, WAITS_FOR_TRAINING, RETRY_SECONDS);
      if (!hasWaited) onEvent({ type: 'postponed', job });
    } else if (isWorthAnother(error) && mayTryAgain) {
      await context.event('retry', { attempt: job.attempts, error: messageOf(error) });
      await queue.retryLater(job.id, worker, messageOf(error), RETRY_SECONDS);
      onEvent({ type: 'retried', job });
    } else await ended('failed', { error });
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
  }
}

/** Whether a later attempt can succeed: after a killed process, a held lock or a missing database, not after a refusal. */
function isWorthAnother(error: unknown): boolean {
  const kind = kindOf(error);
  return kind === 'busy' || kind === 'unavailable' || isDatabaseAway(error);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2000);
}
