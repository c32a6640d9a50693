/** A lock file that one process holds at a time. Others take it over when the process has ended. */

import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TypedError } from '@learning-reranker/cross-encoder/errors';

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken. */
  readonly since: string;
  /** When the process started, in the system's own unit. Distinguishes it from a later process with the same pid. */
  readonly processStart: string | null;
  /** The purpose that the process gave when it took the lock. */
  readonly as?: string;
}

/** Another process holds the lock. */
export class LockHeldError extends TypedError {
  override readonly name = 'LockHeldError';
  readonly kind = 'busy';
  readonly holder: LockHolder | null;

  constructor(path: string, holder: LockHolder | null) {
    super(
      holder
        ? `${path} is held by process ${holder.pid} on ${holder.host} since ${holder.since}`
        : `${path} is held by another process`,
    );
    this.holder = holder;
  }
}

/** How often a process touches its lock. Other hosts cannot see the process itself. */
const TOUCH_MS = 5000;
/** A process on another host has ended if its lock was not touched for so long. */
const SILENT_MS = 60_000;
/** How often a waiting process tries to take the lock. */
const LOOK_AGAIN_MS = 20;

/**
 * Takes the lock and returns the function that releases it. Takes over the lock of a process that has ended: on this
 * host at once, on another host if the file was not touched for a minute. The error of other processes contains `as`.
 * @throws {LockHeldError} with the process that holds it.
 */
export async function takeLock(path: string, as?: string): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const mine: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    processStart: await startOf(process.pid),
    ...(as !== undefined && { as }),
  };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create(path, mine)) return held(path, mine);
    const holder = await readHolder(path);
    if (holder === 'gone') continue;
    if (holder && (await isHeld(path, holder))) throw new LockHeldError(path, holder);
    await removeStale(path, holder);
  }
  throw new LockHeldError(path, null);
}

/** Waits for the lock and takes it. @throws {LockHeldError} if another process still holds it after `waitMs` */
export async function waitForLock(path: string, waitMs: number): Promise<() => Promise<void>> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      return await takeLock(path);
    } catch (error) {
      if (!(error instanceof LockHeldError) || Date.now() > deadline) throw error;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

/** Touches the lock until its release. Does not remove a lock that another process has taken over. */
function held(path: string, mine: LockHolder): () => Promise<void> {
  const touch = () => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  };
  const timer = setInterval(touch, TOUCH_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    const holder = await readHolder(path);
    if (JSON.stringify(holder) === JSON.stringify(mine)) await rm(path, { force: true });
  };
}

/** Creates the file together with its content, so that no process reads half of it. */
async function create(path: string, holder: LockHolder): Promise<boolean> {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = await open(own, 'wx');
  try {
    await file.writeFile(JSON.stringify(holder));
  } finally {
    await file.close();
  }
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Moves a stale lock aside before removing it. Otherwise, of two processes that find it stale, one could remove the
 * new lock of the other. A new lock that was moved by mistake is put back.
 */
async function removeStale(path: string, stale: LockHolder | null): Promise<void> {
  const aside = `${path}.stale-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  const isSame = JSON.stringify(moved) === JSON.stringify(stale);
  if (!isSame) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** The process that holds the lock; null if the file is damaged, `gone` if it does not exist. */
async function readHolder(path: string): Promise<LockHolder | null | 'gone'> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return 'gone';
  }
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    return null;
  }
}

async function isHeld(path: string, holder: LockHolder): Promise<boolean> {
  if (holder.host !== hostname()) {
    const touched = await stat(path).catch(() => null);
    return touched !== null && Date.now() - touched.mtimeMs < SILENT_MS;
  }
  if (!isRunning(holder.pid)) return false;
  const start = await startOf(holder.pid);
  return start === null || holder.processStart === null || start === holder.processStart;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of Linux's /proc/<pid>/stat, `starttime`; null on other systems. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the name in parentheses and may contain any character.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
