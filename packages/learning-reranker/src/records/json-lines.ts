/** Reads JSON Lines, even from a damaged file: malformed lines are skipped and reported. */

import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { z } from 'zod';
import { cleanJson } from './clean-text.js';

/** A malformed line. Line numbers start at 1. The problem never quotes the line. */
export interface MalformedLine {
  readonly line: number;
  readonly problem: string;
}

/** A JSON Lines file cannot be read, or has a malformed line and `strict` is set. */
export class JsonLinesError extends TypedError {
  override readonly name = 'JsonLinesError';
  readonly kind = 'damaged';
  readonly code: 'malformed-line' | 'unreadable-file';
  readonly path: string;
  readonly line: number | undefined;

  constructor(code: JsonLinesError['code'], path: string, message: string, line?: number) {
    super(message);
    this.code = code;
    this.path = path;
    this.line = line;
  }
}

export interface JsonLinesOptions<Value> {
  /** The schema of each line. The default accepts any JSON value. */
  readonly schema?: z.ZodType<Value>;
  /** Throw at the first malformed line instead of skipping it. Default false. */
  readonly strict?: boolean | undefined;
  /** Called for every skipped line. */
  readonly onMalformed?: ((malformed: MalformedLine) => void) | undefined;
  /** A longer line is malformed, so that a broken file cannot fill the memory. Default 64 MiB. */
  readonly maximumLineBytes?: number;
}

export interface JsonLines<Value> {
  readonly values: Value[];
  /** Every malformed line, in order. */
  readonly malformed: MalformedLine[];
}

/**
 * Reads a JSON Lines file value by value, in UTF-8, or in UTF-16 with a byte order mark. Skips blank lines, skips and
 * reports malformed lines, removes NUL bytes and replaces lone surrogates.
 * @throws {JsonLinesError} `unreadable-file`; and `malformed-line` when `strict`.
 */
export async function* streamJsonLines<Value = unknown>(
  path: string,
  options: JsonLinesOptions<Value> = {},
): AsyncGenerator<{ readonly line: number; readonly value: Value }> {
  for await (const { line, bytes, problem } of streamLines(path, options.maximumLineBytes)) {
    const parsed = problem === undefined ? parseLine(bytes, options.schema) : { problem };
    if (parsed === undefined) continue;
    if ('value' in parsed) {
      yield { line, value: parsed.value };
      continue;
    }
    if (options.strict) {
      throw new JsonLinesError(
        'malformed-line',
        path,
        `${path}, line ${line}: ${parsed.problem}. Fix or remove the line, or read without --strict to skip it.`,
        line,
      );
    }
    options.onMalformed?.({ line, problem: parsed.problem });
  }
}

/** Reads a whole file of JSON Lines into memory. @throws {JsonLinesError} as {@link streamJsonLines}. */
export async function readJsonLines<Value = unknown>(
  path: string,
  options: JsonLinesOptions<Value> = {},
): Promise<JsonLines<Value>> {
  const values: Value[] = [];
  const malformed: MalformedLine[] = [];
  const onMalformed = (line: MalformedLine) => {
    malformed.push(line);
    options.onMalformed?.(line);
  };
  for await (const { value } of streamJsonLines(path, { ...options, onMalformed })) {
    values.push(value);
  }
  return { values, malformed };
}

type ParsedLine<Value> = { readonly value: Value } | { readonly problem: string } | undefined;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parseLine<Value>(bytes: Buffer, schema: z.ZodType<Value> | undefined): ParsedLine<Value> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { problem: 'is not UTF-8 text' };
  }
  if (text.trim() === '') return undefined;
  if (text.includes('\0')) {
    text = text.replaceAll('\0', '');
    // After a power failure, a file system may leave zeros in place of data.
    if (text.trim() === '') return { problem: 'contains only NUL bytes' };
  }
  let value: unknown;
  try {
    value = cleanJson(JSON.parse(text));
  } catch {
    return { problem: 'is not valid JSON' };
  }
  if (schema === undefined) return { value: value as Value };
  const checked = schema.safeParse(value);
  return checked.success ? { value: checked.data } : { problem: describeIssues(checked.error) };
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

interface RawLine {
  readonly line: number;
  readonly bytes: Buffer;
  readonly problem?: string;
}

const LINE_FEED = 0x0a;
const NOTHING = Buffer.alloc(0);

async function* streamLines(path: string, maximum = 64 * 2 ** 20): AsyncGenerator<RawLine> {
  let line = 1;
  let pieces: Buffer[] = [];
  let length = 0;
  const take = (): RawLine => {
    const bytes = pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
    const raw: RawLine =
      length > maximum
        ? { line, bytes: NOTHING, problem: `is longer than ${maximum} bytes` }
        : { line, bytes };
    line++;
    pieces = [];
    length = 0;
    return raw;
  };
  const add = (piece: Buffer) => {
    length += piece.length;
    if (length <= maximum) pieces.push(piece);
    else pieces = [];
  };
  for await (const chunk of streamUtf8(path)) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

/** The file's bytes in UTF-8 without a byte order mark. */
async function* streamUtf8(path: string): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | undefined;
  let start: Buffer | undefined = NOTHING;
  try {
    for await (const read of createReadStream(path, { highWaterMark: 2 ** 18 })) {
      let chunk = read as Buffer;
      if (start !== undefined) {
        chunk = start.length > 0 ? Buffer.concat([start, chunk]) : chunk;
        start = chunk.length < 3 ? chunk : undefined;
        if (start !== undefined) continue;
        if (chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder('utf-16le');
        else if (chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder('utf-16be');
        else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) {
          chunk = chunk.subarray(3);
        }
      }
      yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'the file does not exist' : message;
    throw new JsonLinesError('unreadable-file', path, `Cannot read ${path}: ${problem}.`);
  }
  if (start !== undefined && start.length > 0) yield start;
  if (decoder) yield Buffer.from(decoder.decode());
}
