/** The base classes of all errors that these packages throw on purpose, and the kinds of failure. */

/**
 * What a failure means for the caller. HTTP status, exit code and whether a job is retried follow from it.
 *
 * - `invalid`: an argument, option or setting has a wrong value
 * - `malformed`: the content of a given file does not follow its format
 * - `not-found`: the named thing does not exist
 * - `conflict`: the current state does not allow the request
 * - `disabled`: a setting disables this feature
 * - `damaged`: stored data is broken
 * - `busy`: another process holds what is needed; trying again later helps
 * - `unavailable`: a process, database or server does not respond; trying again later helps
 * - `overloaded`: too many requests are waiting
 * - `interrupted`: the caller stopped the work or has left
 * - `internal`: a fault in this software
 */
export type ErrorKind =
  | 'invalid'
  | 'malformed'
  | 'not-found'
  | 'conflict'
  | 'disabled'
  | 'damaged'
  | 'busy'
  | 'unavailable'
  | 'overloaded'
  | 'interrupted'
  | 'internal';

export abstract class TypedError extends Error {
  abstract readonly kind: ErrorKind;
  /** The part of the request that the error is about, such as `train.loss`. */
  field?: string;
}

/** A typed error whose causes are told apart by `code`. */
export abstract class CodedError<Code extends string> extends TypedError {
  readonly code: Code;

  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The kind of any thrown value; `internal` when it carries none. */
export function kindOf(error: unknown): ErrorKind {
  if (!(error instanceof Error)) return 'internal';
  if (error.name === 'AbortError') return 'interrupted';
  return (error as Partial<TypedError>).kind ?? 'internal';
}
