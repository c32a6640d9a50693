/** A file is not of the format it is read as, or a value cannot be written in a format. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  /** From 1; undefined where something was to be written. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}
