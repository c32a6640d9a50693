/** Runs a function that keeps a processor busy in a child process, so that a service continues to answer requests. */
import { pathToFileURL } from 'node:url';
import { type ChildFunction, type ChildTools, compiledPath, runChild } from './child.js';

export interface WorkProgress {
  /** 0 to 1. */
  readonly share?: number;
  readonly message?: string;
}

export type WorkTools = ChildTools<WorkProgress>;

export type HeavyFunction<Request, Result> = ChildFunction<Request, Result, WorkProgress>;

export interface WorkRequest {
  readonly module: string;
  readonly name: string;
  readonly request: unknown;
}

export interface WorkOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (now: WorkProgress) => void;
}

const WORK_PROCESS = new URL('./work-process.js', import.meta.url).href;

/** How long an aborted child may continue before it is killed. Its files appear complete or not at all. */
const KILL_AFTER_MS = 3000;

/**
 * The same function, run in a child process. The module must export it under its own name:
 * `inChildProcess(import.meta.url, mineFiles)`.
 *
 * @throws {ReportedError} what the function threw; {ChildProcessError} when the child ended without a result
 */
export function inChildProcess<Request, Result>(
  module: string,
  work: HeavyFunction<Request, Result>,
): (request: Request, options: WorkOptions) => Promise<Result> {
  return (request, { signal, onProgress }) => {
    const compiled = pathToFileURL(compiledPath(module)).href;
    return runChild<WorkRequest, WorkProgress, Result>(
      WORK_PROCESS,
      { module: compiled, name: work.name, request },
      { signal, onEvent: onProgress, killAfterMs: KILL_AFTER_MS },
    );
  };
}
