/** What every command shares: settings, output as text or JSON, Ctrl-C and exit codes. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { loadSettings, type ResolvedSettings } from '../config/index.js';
import { EXIT, exitCodeOf, failureAsJson, hintFor, InterruptedError, isAbort } from './failure.js';

/** Options of every command. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly dataDir?: string;
}

export interface CommandContext {
  readonly resolved: ResolvedSettings;
  readonly settings: ResolvedSettings['settings'];
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Prints text on standard output, except with `--json`. */
  print(text: string): void;
  /** Prints a remark on standard error, except with `--json`. */
  note(text: string): void;
}

/** Gives a command its arguments, options, examples and action. */
export type DefineCommand = (command: Command, program: Command) => void;

/** The work of a command. It returns what `--json` prints. */
export type CommandAction<Options> = (
  context: CommandContext,
  options: Options & GlobalOptions,
  args: readonly string[],
) => Promise<unknown>;

/** Makes a commander action from the work of a command. */
export function action<Options extends object>(
  work: CommandAction<Options>,
): (this: Command) => Promise<void> {
  return async function run(this: Command) {
    const options = this.optsWithGlobals<Options & GlobalOptions>();
    const args = this.processedArgs.flat().filter((arg): arg is string => typeof arg === 'string');
    const interruption = listenForInterrupts();
    try {
      const context = await createContext(options, interruption.signal);
      const result = await work(context, options, args);
      if (context.json && result !== undefined) {
        process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      }
    } catch (error) {
      reportFailure(error, options);
      process.exitCode = interruption.signal.aborted ? EXIT.interrupted : exitCodeOf(error);
    } finally {
      interruption.stop();
    }
  };
}

async function createContext(
  options: GlobalOptions & object,
  signal: AbortSignal,
): Promise<CommandContext> {
  const resolved = await loadSettings({ flags: { ...options } });
  const json = options.json === true;
  const note = (text: string) => {
    if (!json) process.stderr.write(`${text}\n`);
  };
  for (const warning of resolved.warnings) note(`${styleText('yellow', 'warning')} ${warning}`);
  for (const conflict of resolved.conflicts) note(`${styleText('yellow', 'conflict')} ${conflict}`);
  return {
    resolved,
    settings: resolved.settings,
    json,
    signal,
    note,
    print: (text) => {
      if (!json) process.stdout.write(`${text}\n`);
    },
  };
}

/** The first Ctrl-C aborts the signal; the second ends the process. */
function listenForInterrupts(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nStopping. Press Ctrl-C again to stop at once.\n');
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    stop: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}

function reportFailure(error: unknown, options: GlobalOptions): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(failureAsJson(error), null, 2)}\n`);
    return;
  }
  if (isAbort(error)) {
    const message =
      error instanceof InterruptedError ? error.message : 'Stopped. No incomplete files were left.';
    process.stderr.write(`${message}\n`);
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${styleText('red', 'error')} ${message}\n`);
  const hint = hintFor(error);
  if (hint !== undefined) process.stderr.write(`${hint}\n`);
  if (options.verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}
