/** The lines of a text in any portions, so that no file need fit in memory. */
import type { MalformedLine } from '../../records/json-lines.js';
import { FormatError } from './format-error.js';

/** A text, or its portions as a stream reads them. */
export type TextPortions = string | Iterable<string> | AsyncIterable<string>;

export interface NumberedLine {
  readonly line: number;
  readonly text: string;
}

/** What was read, with the line it began at, from 1. */
export interface ReadRow<Value> {
  readonly line: number;
  readonly value: Value;
}

export interface ReadOptions {
  /** Told of every row that is none, which is then passed over; without it the first is thrown. */
  readonly onMalformed?: ((malformed: MalformedLine) => void) | undefined;
}

/** Lines ended by LF or CRLF, without a byte order mark; empty ones are passed over but counted. */
export async function* linesOf(portions: TextPortions): AsyncGenerator<NumberedLine> {
  let line = 0;
  let rest = '';
  const numbered = (text: string): NumberedLine => {
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

/** Each line as `parse` reads it. @throws {FormatError} at the first that is none, unless told otherwise */
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

/** What `read` gives; undefined, and told of, where it finds a row that is none. */
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
