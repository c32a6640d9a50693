import { TypedError } from '@learning-reranker/cross-encoder/errors';

/** A file is not of the format it is read as, or a value cannot be written in a format. */
export class FormatError extends TypedError {
  override readonly name = 'FormatError';
  readonly kind = 'malformed';
  /** Without the line. */
  readonly problem: string;
  /** From 1; undefined where something was to be written. */
  readonly line: number | undefined;

  constructor(problem: string, line?: number) {
    super(line === undefined ? problem : `line ${line}: ${problem}`);
    this.problem = problem;
    this.line = line;
  }
}
