/** Child processes: how one starts, the functions its parent calls, and how it ends. */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildFailure, ChildProcessError, failureOf, ReportedError } from './failure.js';

/** What a function in a child process gets besides its request. */
export interface ChildTools<Event> {
  readonly signal: AbortSignal;
  readonly emit: (event: Event) => void;
}

/** Request, events and result cross between processes, so they hold data only: no functions, no class instances. */
export type ChildFunction<Request, Result, Event = never> = (
  request: Request,
  tools: ChildTools<Event>,
) => Promise<Result>;

/** The functions that a child process offers to its parent, by name. */
type ChildFunctions = Readonly<Record<string, (request: never, tools: never) => Promise<unknown>>>;

type ParentMessage =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly type: 'abort'; readonly id: number };

type ChildMessage =
  | { readonly type: 'event'; readonly id: number; readonly event: unknown }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ChildFailure };

/**
 * `serving`: requests wait for this process. It runs at normal priority and ignores SIGTERM, so that a
 * service that stops can answer its open requests. `background`: it runs at a lower priority.
 */
export type ChildRole = 'serving' | 'background';

export interface CallOptions<Event = never> {
  /** Asks the function to stop. The call still waits, so that the function can finish what it writes. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
  /** Kills a child that still works this long after an abort; without it the call waits. */
  readonly killAfterMs?: number;
}

interface PendingCall {
  resolve(result: never): void;
  reject(error: Error): void;
  readonly onEvent: ((event: never) => void) | undefined;
}

/** A child process as its parent sees it. */
export class ChildConnection<Functions extends ChildFunctions> {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #onExit: (error: ChildProcessError) => void;
  readonly #pending = new Map<number, PendingCall>();
  #ended: ChildProcessError | null = null;
  #nextId = 0;

  /** Starts a module of this package, given by its URL. `onExit` is called when the process ends before `close`. */
  constructor(
    module: string,
    role: ChildRole,
    onExit: (error: ChildProcessError) => void = () => undefined,
  ) {
    this.#child = startChild(module, role);
    this.#name = basename(compiledPath(module), '.js').replace('-', ' ');
    this.#onExit = onExit;
    this.#child.on('message', (message: ChildMessage) => this.#receive(message));
    this.#child.on('exit', (code, signal) =>
      this.#end(signal ? `was killed by ${signal}` : `ended with exit code ${code}`),
    );
    // When the system cannot start another process, it emits this event and no exit.
    this.#child.on('error', (error) => this.#end(`cannot be reached: ${error.message}`));
  }

  /** @throws {ReportedError} what the function threw; {ChildProcessError} when the process ended without a result */
  async call<Name extends keyof Functions & string>(
    name: Name,
    request: Parameters<Functions[Name]>[0],
    { signal, onEvent, killAfterMs }: CallOptions = {},
  ): Promise<Awaited<ReturnType<Functions[Name]>>> {
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    let killing: NodeJS.Timeout | undefined;
    const abort = () => {
      this.#send({ type: 'abort', id });
      if (killAfterMs === undefined) return;
      killing = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, onEvent });
        this.#send({ type: 'call', id, name, request });
      });
    } finally {
      this.#pending.delete(id);
      clearTimeout(killing);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Ends the process. Calls still pending fail. */
  close(): void {
    this.#end('is closed', { expected: true });
    if (this.#child.connected) this.#child.disconnect();
  }

  #send(message: ParentMessage): void {
    this.#child.send(message, (error) => {
      if (error) this.#end(`cannot be reached: ${error.message}`);
    });
  }

  #receive(message: ChildMessage): void {
    const call = this.#pending.get(message.id);
    if (message.type === 'event') call?.onEvent?.(message.event as never);
    else if (message.type === 'result') call?.resolve(message.result as never);
    else call?.reject(new ReportedError(message.error));
  }

  #end(how: string, { expected = false } = {}): void {
    if (this.#ended) return;
    this.#ended = new ChildProcessError(`The ${this.#name} ${how}`);
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    if (!expected) this.#onExit(this.#ended);
  }
}

/**
 * Runs the function that a module serves by `serveOnce`, in a child process of its own.
 *
 * @throws as {@link ChildConnection.call}
 */
export async function runChild<Request, Event, Result>(
  module: string,
  request: Request,
  options: CallOptions<Event> = {},
): Promise<Result> {
  options.signal?.throwIfAborted();
  type Functions = { readonly run: ChildFunction<Request, Result, Event> };
  const child = new ChildConnection<Functions>(module, 'background');
  try {
    return await child.call('run', request, options);
  } finally {
    child.close();
  }
}

/** The child's side of `runChild`. */
export function serveOnce<Request, Event, Result>(run: ChildFunction<Request, Result, Event>) {
  serveCalls({ run });
}

/** The child's side of a connection: answers calls one after the other until the parent closes it or ends. */
export function serveCalls(functions: ChildFunctions): void {
  // Ctrl-C reaches the whole process group. The parent decides what it means.
  process.on('SIGINT', () => undefined);
  if (process.argv[2] === ('serving' satisfies ChildRole)) process.on('SIGTERM', () => undefined);
  process.on('disconnect', () => process.exit(0));

  const controllers = new Map<number, AbortController>();
  const send = (message: ChildMessage) => void process.send?.(message);
  const run = async ({ id, name, request }: Extract<ParentMessage, { type: 'call' }>) => {
    const { signal } = controllers.get(id) as AbortController;
    const tools: ChildTools<unknown> = {
      signal,
      emit: (event) => send({ type: 'event', id, event }),
    };
    try {
      const result = await functions[name]?.(request as never, tools as never);
      send({ type: 'result', id, result });
    } catch (error) {
      send({ type: 'error', id, error: failureOf(error) });
    } finally {
      controllers.delete(id);
    }
  };
  let last: Promise<void> = Promise.resolve();
  process.on('message', (message: ParentMessage) => {
    if (message.type === 'abort') return controllers.get(message.id)?.abort();
    controllers.set(message.id, new AbortController());
    last = last.then(() => run(message)).catch(() => process.exit(1));
  });
}

/** The folder of this package's modules: `dist`, or `src` where tests run the sources. */
const modules = fileURLToPath(new URL('..', import.meta.url));

/** The compiled file of a module. Node runs no TypeScript, so a child process always runs the compiled code. */
export function compiledPath(module: string): string {
  const compiled = join(modules, '..', 'dist', relative(modules, fileURLToPath(module)));
  return compiled.replace(/\.ts$/, '.js');
}

function startChild(module: string, role: ChildRole): ChildProcess {
  const child = fork(compiledPath(module), [role], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
  });
  if (role === 'serving') return child;
  try {
    // At once: on Linux only threads that start later inherit the priority.
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // The child has ended, or the system forbids it. It works at normal priority too.
  }
  return child;
}
