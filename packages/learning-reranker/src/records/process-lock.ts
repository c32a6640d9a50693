/** A lock file that one process at a time holds, and that outlives no process. */

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
  /** When the process began, as its system counts; tells it from a later one of the same number. */
  readonly processStart: string | null;
  /** What the process is to whoever finds the lock held, in its own words. */
  readonly as?: string;
}

/** Somebody else holds the lock. */
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

/** A holder touches its file so often, for those on other hosts, who cannot see its process. */
const TOUCH_MS = 5000;
/** Of a holder on another host that was silent for so long nobody lives. */
const SILENT_MS = 60_000;
/** Who waits for a lock looks for it so often. */
const LOOK_AGAIN_MS = 20;

/**
 * Takes the lock and gives what releases it. A lock whose process is gone is taken over: on this host at
 * once, from another when its file was not touched for a minute. Whoever finds it held is told what it is held `as`.
 * @throws {LockHeldError} naming the process that holds it.
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

/** {@link takeLock} once nobody else holds it. @throws {LockHeldError} when somebody still does after `waitMs` */
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

/** Touches the lock until it is released; what another took over meanwhile is left alone. */
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

/** The file appears with its content or not at all, so that nobody reads half a holder. */
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
 * Moves the dead process's lock aside before removing it: of two that find it stale, one could else
 * remove the other's new lock. Who moved a new one by mistake puts it back.
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

/** Who holds it; null for a damaged file, `gone` where there is none. */
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

/** Field 22 of Linux's /proc/<pid>/stat, `starttime`; null where there is no such file. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  // The second field is the name in parentheses and may hold anything.
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  return start;
}
