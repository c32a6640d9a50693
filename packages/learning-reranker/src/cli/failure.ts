/** How a command ends: exit code, and an error that says what to do. */

/** Exit codes, documented in the help: done, failed, wrong use. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** A command line that cannot be carried out as it stands. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Errors by name that mean the caller asked for something that is not there, not that work failed. */
const wrongUse = new Set([
  'UsageError',
  'ConfigError',
  'LossChoiceError',
  'FeatureFlagError',
  'TrainingArgumentError',
]);

export function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT.interrupted;
  return error instanceof Error && wrongUse.has(error.name) ? EXIT.wrongUse : EXIT.failed;
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Interrupted');
}

/** What a machine reads of an error, under `--json`. */
export function failureAsJson(error: unknown): { error: { name: string; message: string } } {
  if (!(error instanceof Error)) return { error: { name: 'Error', message: String(error) } };
  return { error: { name: error.name, message: error.message } };
}
