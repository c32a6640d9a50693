/** How a command ends: exit code, and an error that says what to do. */

/** Exit codes, documented in the help: done, failed, wrong use. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** A command line that cannot be carried out as it stands. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ctrl-C ended the command and not what it watched: the message says how that stands. */
export class InterruptedError extends Error {
  override readonly name = 'Interrupted';
}

/** Errors by name that mean the caller asked for something that is not there, not that work failed. */
const wrongUse = new Set([
  'UsageError',
  'ConfigError',
  'LossChoiceError',
  'FeatureFlagError',
  'TrainingArgumentError',
  'InstalledPackagesError',
]);

export function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT.interrupted;
  return error instanceof Error && wrongUse.has(error.name) ? EXIT.wrongUse : EXIT.failed;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Interrupted');
}

/** What to do about an error whose own text cannot know it. */
export function hintFor(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return 'Something that should be installed is not; reranker doctor says what and how to get it.';
  }
  if (code === 'ENOSPC') return 'The disk is full: free some space and try again.';
  if (code === 'EACCES' || code === 'EPERM') {
    return 'Files there may not be changed by this user; choose another folder with --data-dir.';
  }
  const ours =
    error.name !== 'Error' && !(error instanceof TypeError || error instanceof RangeError);
  return ours ? undefined : 'This was not foreseen; --verbose shows where it comes from.';
}

/** What a machine reads of an error, under `--json`. */
export function failureAsJson(error: unknown): { error: { name: string; message: string } } {
  if (!(error instanceof Error)) return { error: { name: 'Error', message: String(error) } };
  return { error: { name: error.name, message: error.message } };
}
