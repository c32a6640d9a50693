/** Errors of commands: their exit codes, and hints at what to do. */
import { kindOf, TypedError } from '@learning-reranker/cross-encoder/errors';

/** Exit codes, as the help documents them. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** A command line is invalid. */
export class UsageError extends TypedError {
  override readonly name = 'UsageError';
  readonly kind = 'invalid';
}

/** Ctrl-C ended the command. The message says what continues or how to continue. */
export class InterruptedError extends TypedError {
  override readonly name = 'Interrupted';
  readonly kind = 'interrupted';
}

export function exitCodeOf(error: unknown): number {
  const kind = kindOf(error);
  if (kind === 'interrupted') return EXIT.interrupted;
  return kind === 'invalid' || kind === 'disabled' ? EXIT.wrongUse : EXIT.failed;
}

export function isAbort(error: unknown): boolean {
  return kindOf(error) === 'interrupted';
}

/** What to do about an error whose own message does not say it. */
export function hintFor(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return 'A package is missing. To find out which one, run: reranker doctor';
  }
  if (code === 'ENOSPC') return 'The disk is full. Free some space and try again.';
  if (code === 'EACCES' || code === 'EPERM') {
    return 'You have no permission to change files there. Choose another folder with --data-dir.';
  }
  return kindOf(error) === 'internal'
    ? 'Unexpected error. Run the command again with --verbose for details.'
    : undefined;
}

/** An error as `--json` prints it. */
export function failureAsJson(error: unknown): { error: { name: string; message: string } } {
  if (!(error instanceof Error)) return { error: { name: 'Error', message: String(error) } };
  return { error: { name: error.name, message: error.message } };
}
