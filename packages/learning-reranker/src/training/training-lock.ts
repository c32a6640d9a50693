/** Allows one training at a time on each machine, even where machines share a data folder. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { LockHeldError, takeLock } from '../records/process-lock.js';

/** Another training holds the lock. */
export class TrainingLockError extends TypedError {
  override readonly name = 'TrainingLockError';
  readonly kind = 'busy';
}

/**
 * Takes the lock and returns the function that releases it. The lock of a dead process is taken over.
 * @throws {TrainingLockError} naming the process that holds it
 */
export async function takeTrainingLock(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, `training-${encodeURIComponent(hostname())}.lock`);
  try {
    return await takeLock(path);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    const { holder } = error;
    const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : path;
    throw new TrainingLockError(
      `Another training on this machine uses ${dataDir}: ${who}. ` +
        `Wait for it, or stop it: it keeps its checkpoints. If it no longer runs, remove ${path}.`,
    );
  }
}
