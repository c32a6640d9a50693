/** Lets one training run at a time work on a machine; others that share the data folder have their own. */

import { hostname } from 'node:os';
import { join } from 'node:path';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { LockHeldError, takeLock } from '../records/process-lock.js';

/** Another training run holds the lock. */
export class TrainingLockError extends TypedError {
  override readonly name = 'TrainingLockError';
  readonly kind = 'busy';
}

/**
 * Takes the lock and gives what releases it. A lock whose process is gone is taken over.
 * @throws {TrainingLockError} naming the process that holds it.
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
      `another training run of this machine works in ${dataDir}: ${who}. ` +
        `Wait for it or stop it, it keeps its checkpoints; if it cannot be running any more, remove ${path}.`,
    );
  }
}
