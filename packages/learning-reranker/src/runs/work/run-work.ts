/** Has a child do a piece of work, and waits for what comes of it. */
import { runChild } from '../child.js';
import type { WorkProgress, works } from './work.js';

type Works = typeof works;

export type WorkRequest = {
  readonly [Name in keyof Works]: {
    readonly name: Name;
    readonly request: Parameters<Works[Name]>[0];
  };
}[keyof Works];

/** After an abort a child that goes on is ended: what it writes appears whole or not at all. */
const KILL_AFTER_MS = 3000;

/** @throws {ReportedError} {ChildProcessError} */
export function runWork<Name extends keyof Works>(
  name: Name,
  request: Parameters<Works[Name]>[0],
  options: { readonly signal: AbortSignal; readonly onProgress?: (now: WorkProgress) => void },
): Promise<Awaited<ReturnType<Works[Name]>>> {
  const { signal, onProgress } = options;
  return runChild('work-process', { name, request } as WorkRequest, {
    signal,
    onEvent: onProgress,
    killAfterMs: KILL_AFTER_MS,
  });
}
