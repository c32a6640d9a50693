/** Runs a piece of work in a child process: ONNX Runtime blocks its event loop, and a child can be stopped. */

import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
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

/** A child's entry, compiled beside this file; the sources are compiled before anything runs. */
export function entryPath(name: 'training-process' | 'model-process' | 'work-process'): string {
  const here = fileURLToPath(import.meta.url).replace(/[/\\]src[/\\]runs[/\\]/, '/dist/runs/');
  return here.replace(/child\.[jt]s$/, `${name}.js`);
}

/** Who waits for an answer goes first: a child gets what processors the model that answers leaves. */
export function startChild(name: Parameters<typeof entryPath>[0]): ChildProcess {
  const child = fork(entryPath(name), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  try {
    // At once: on Linux only the threads that it starts from now on are like it.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended, or the system does not allow it: it works all the same.
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
  name: Parameters<typeof entryPath>[0],
  request: Request,
  { signal, onEvent, killAfterMs }: RunChildOptions<Event> = {},
): Promise<Result> {
  signal?.throwIfAborted();
  const child = startChild(name);
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
        reject(new ChildProcessError(`the ${name.replace('-', ' ')} ${how} before it was done`));
      });
      send(child, { type: 'start', request } satisfies ParentMessage<Request>);
    });
  } finally {
    clearTimeout(killing);
    signal?.removeEventListener('abort', abort);
    if (child.connected) child.disconnect();
  }
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
