/** Runs a piece of work in a child process: ONNX Runtime blocks its event loop, and a child can be stopped. */

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ErrorKind, kindOf, TypedError } from '@learning-reranker/cross-encoder/errors';

/** What a child tells its parent. */
export type ChildMessage<Event, Result> =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'error'; readonly error: ChildFailure };

/** An error as it crosses between processes: its name, kind and message, never its data. */
export interface ChildFailure {
  readonly name: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly stack?: string;
}

/** What a parent tells its child. */
export type ParentMessage<Request> =
  | { readonly type: 'start'; readonly request: Request }
  | { readonly type: 'abort' };

/** A child that ended without an answer: killed, out of memory, or crashed. */
export class ChildProcessError extends TypedError {
  override readonly name = 'ChildProcessError';
  readonly kind = 'unavailable';
}

/** An error that a child process reported, with the name and kind it had there. */
export class ReportedError extends TypedError {
  override readonly name: string;
  readonly kind: ErrorKind;

  constructor({ name, kind, message, stack }: ChildFailure) {
    super(message);
    this.name = name;
    this.kind = kind;
    if (stack !== undefined) this.stack = stack;
  }
}

/** The folder of this package's modules: `dist`, or `src` where tests run the sources. */
const modules = fileURLToPath(new URL('..', import.meta.url));

/** The compiled file of a module. Node runs no TypeScript, so a child process always runs the compiled code. */
export function compiledPath(module: string): string {
  const compiled = join(modules, '..', 'dist', relative(modules, fileURLToPath(module)));
  return compiled.replace(/\.ts$/, '.js');
}

/**
 * Starts a child process on a module of this package, named by its URL. It gets a lower priority than the
 * service, so that requests are answered first.
 */
export function startChild(module: string): ChildProcess {
  const child = fork(compiledPath(module), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  try {
    // Right away: on Linux only threads that start later inherit the priority.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The child has ended, or the system forbids it. It works at the normal priority too.
  }
  return child;
}

export interface RunChildOptions<Event> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** A child that goes on for so long after an abort is killed; when absent it is waited for. */
  readonly killAfterMs?: number;
}

/**
 * Starts a child on a request and waits for its result. An abort asks it to stop and still waits, so
 * that it can finish what it writes; for how long at most, the options say.
 *
 * @throws {ReportedError} what the child reported; {ChildProcessError} when it ended without a word.
 */
export async function runChild<Request, Event, Result>(
  module: string,
  request: Request,
  { signal, onEvent, killAfterMs }: RunChildOptions<Event> = {},
): Promise<Result> {
  signal?.throwIfAborted();
  const child = startChild(module);
  let killing: NodeJS.Timeout | undefined;
  const abort = () => {
    send(child, { type: 'abort' });
    if (killAfterMs !== undefined) killing = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<Result>((resolve, reject) => {
      child.on('message', (message: ChildMessage<Event, Result>) => {
        if (message.type === 'event') onEvent?.(message.event);
        else if (message.type === 'result') resolve(message.result);
        else reject(new ReportedError(message.error));
      });
      child.once('error', reject);
      child.once('exit', (code, killedBy) => {
        const how = killedBy ? `was killed by ${killedBy}` : `ended with exit code ${code}`;
        reject(new ChildProcessError(`the ${nameOf(module)} ${how} before it was done`));
      });
      send(child, { type: 'start', request } satisfies ParentMessage<Request>);
    });
  } finally {
    clearTimeout(killing);
    signal?.removeEventListener('abort', abort);
    if (child.connected) child.disconnect();
  }
}

/** `.../training-process.js` -> `training process`. */
function nameOf(module: string): string {
  return basename(compiledPath(module), '.js').replace('-', ' ');
}

/** Sends if the child is still there; a failed send shows as its exit. */
export function send(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

/**
 * The child's side: waits for a request, does the work and reports. Ctrl-C reaches the whole process
 * group; the parent decides what it means, so the child ignores it and heeds the parent's word.
 */
export function serveOnce<Request, Event, Result>(
  work: (
    request: Request,
    tools: { signal: AbortSignal; emit: (event: Event) => void },
  ) => Promise<Result>,
): void {
  const controller = new AbortController();
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(controller.signal.aborted ? 0 : 1));
  const report = (message: ChildMessage<Event, Result>) =>
    new Promise<void>((resolve) => {
      process.send?.(message, () => resolve());
    });
  process.on('message', (message: ParentMessage<Request>) => {
    if (message.type === 'abort') {
      controller.abort();
      return;
    }
    const emit = (event: Event) => void report({ type: 'event', event });
    work(message.request, { signal: controller.signal, emit })
      .then((result) => report({ type: 'result', result }))
      .catch((error: unknown) => report({ type: 'error', error: failureOf(error) }))
      .finally(() => process.exit(0));
  });
}

export function failureOf(error: unknown): ChildFailure {
  const kind = kindOf(error);
  if (!(error instanceof Error)) return { name: 'Error', kind, message: String(error) };
  const { name, message, stack } = error;
  return { name, kind, message, ...(stack !== undefined && { stack }) };
}
