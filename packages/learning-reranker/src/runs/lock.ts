/** Lets one training run at a time work in a data folder. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

interface LockHolder {
  readonly pid: number;
  readonly since: string;
}

/** Another training run holds the lock. */
export class TrainingLockError extends Error {
  override readonly name = 'TrainingLockError';
}

/**
 * Takes the lock and gives what releases it. A lock whose process is gone is taken over.
 * @throws {TrainingLockError} naming the process that holds it.
 */
export async function takeTrainingLock(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'training.lock');
  const holder: LockHolder = { pid: process.pid, since: new Date().toISOString() };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(JSON.stringify(holder));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const other = await readHolder(path);
      if (other && isAlive(other.pid)) {
        throw new TrainingLockError(
          `another training run works in ${dataDir}: process ${other.pid}, since ${other.since}. ` +
            'Wait for it or stop it; it keeps its checkpoints.',
        );
      }
      await rm(path, { force: true });
    }
  }
  throw new TrainingLockError(`the lock ${path} could not be taken; remove it if no training runs`);
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
