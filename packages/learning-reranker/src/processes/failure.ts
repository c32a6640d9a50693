/** Errors as they cross from a child process to its parent. */
import { type ErrorKind, kindOf, TypedError } from '@learning-reranker/cross-encoder/errors';

/** An error's name, kind and message, never its data. */
export interface ChildFailure {
  readonly name: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly stack?: string;
}

/** A child process that ended without a result: it was killed, ran out of memory, or crashed. */
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

export function failureOf(error: unknown): ChildFailure {
  const kind = kindOf(error);
  if (!(error instanceof Error)) return { name: 'Error', kind, message: String(error) };
  const { name, message, stack } = error;
  return { name, kind, message, ...(stack !== undefined && { stack }) };
}
