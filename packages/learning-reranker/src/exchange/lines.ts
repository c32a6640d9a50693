/** Reads a text file line by line, in portions, so that no file has to fit in memory. */
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { cleanJson } from '../records/clean-text.js';
import type { MalformedLine } from '../records/json-lines.js';

/** A file does not have the format it is read as, or a value cannot be written in a format. */
export class FormatError extends TypedError {
  override readonly name = 'FormatError';
  readonly kind = 'malformed';
  /** The message without the line. */
  readonly problem: string;
  /** From 1; undefined where the problem is not one line. */
  readonly line: number | undefined;

  constructor(problem: string, line?: number) {
    super(line === undefined ? problem : `line ${line}: ${problem}`);
    this.problem = problem;
    this.line = line;
  }
}

/** A text, or its portions as a stream reads them. */
export type TextPortions = string | Iterable<string> | AsyncIterable<string>;

/** A value, with the line that it starts at, from 1. */
export interface ReadRow<Value> {
  readonly line: number;
  readonly value: Value;
}

export interface ReadOptions {
  /** Receives each malformed row, which is then skipped. Without it the first one is thrown. */
  readonly onMalformed?: ((malformed: MalformedLine) => void) | undefined;
}

/** Lines that end with LF or CRLF, without a byte order mark. Empty lines are skipped, but counted. */
export async function* linesOf(portions: TextPortions) {
  let line = 0;
  let rest = '';
  const numbered = (text: string) => {
    line++;
    const withoutMark = line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
    return { line, text: withoutMark.endsWith('\r') ? withoutMark.slice(0, -1) : withoutMark };
  };
  for await (const portion of typeof portions === 'string' ? [portions] : portions) {
    const lines = (rest + portion).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      const one = numbered(text);
      if (one.text.trim() !== '') yield one;
    }
  }
  const last = numbered(rest);
  if (last.text.trim() !== '') yield last;
}

/** Each line, parsed. @throws {FormatError} at the first malformed line, unless `onMalformed` is given */
export async function* rowsOfLines<Value>(
  portions: TextPortions,
  parse: (text: string, line: number) => Value,
  options: ReadOptions = {},
): AsyncGenerator<ReadRow<Value>> {
  for await (const { line, text } of linesOf(portions)) {
    const value = orMalformed(() => parse(text, line), options);
    if (value !== undefined) yield { line, value };
  }
}

/** A reader of files whose rows are lines. It throws as {@link rowsOfLines} does. */
export function lineReader<Value>(parse: (text: string, line: number) => Value) {
  return (portions: TextPortions, options?: ReadOptions) => rowsOfLines(portions, parse, options);
}

/** The result of `read`. Undefined for a malformed row, which goes to `onMalformed`. */
export function orMalformed<Value>(
  read: () => Value,
  { onMalformed }: ReadOptions,
): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError) || error.line === undefined || !onMalformed) throw error;
    onMalformed({ line: error.line, problem: error.problem });
    return undefined;
  }
}

/** A row that is a JSON object. @throws {FormatError} */
export function jsonObject(row: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = cleanJson(JSON.parse(row));
  } catch {
    throw new FormatError('is not valid JSON', line);
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new FormatError('is not a JSON object', line);
}

/** All rows of a file. @throws {FormatError} that names the file */
export async function allRows<Value>(
  file: string,
  rows: AsyncIterable<ReadRow<Value>>,
): Promise<Value[]> {
  const values: Value[] = [];
  try {
    for await (const { value } of rows) values.push(value);
  } catch (error) {
    if (error instanceof FormatError && error.line !== undefined) {
      throw new FormatError(`${file}, ${error.message}`);
    }
    throw error;
  }
  return values;
}

/**
 * The text of a file in portions: UTF-8, or UTF-16 with a byte order mark, as spreadsheets write it.
 * @throws {FormatError} when the file cannot be read or is not such text
 */
export async function* textOfFile(path: string): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  try {
    for await (const read of createReadStream(path, { highWaterMark: 2 ** 18 })) {
      const bytes = read as Buffer;
      decoder ??= new TextDecoder(encodingOf(bytes), { fatal: true });
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder?.decode() ?? '';
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      throw new FormatError(`${path} is not UTF-8 text. Save it as UTF-8.`);
    }
    const problem = code === 'ENOENT' ? 'the file does not exist' : message;
    throw new FormatError(`Cannot read ${path}: ${problem}.`);
  }
}

function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}
