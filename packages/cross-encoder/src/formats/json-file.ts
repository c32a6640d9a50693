/** Reads small text and JSON files, up to a limit. */

import { readFile, stat } from 'node:fs/promises';
import { CodedError } from '@learning-reranker/onnx-autodiff/errors';
import { parseStrictJson } from './strict-json.js';

/** Raised for a file that exists but cannot be used; the message names it. */
export class JsonFileError extends CodedError<'too-large' | 'unreadable' | 'malformed'> {
  override readonly name = 'JsonFileError';
  readonly kind = 'damaged';

  constructor(code: JsonFileError['code'], path: string, message: string) {
    super(code, `${path}: ${message}.`);
  }
}

/**
 * The text of a file of at most `maximumBytes`, or `undefined` where there is none.
 * @throws {JsonFileError} when it is larger or cannot be read.
 */
export async function readTextFile(
  path: string,
  maximumBytes: number,
): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maximumBytes) {
      const message = `expected at most ${maximumBytes} bytes, got ${size}`;
      throw new JsonFileError('too-large', path, message);
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof JsonFileError) throw error;
    throw new JsonFileError('unreadable', path, `cannot be read, ${message}`);
  }
}

/**
 * The object in a JSON file of at most `maximumBytes`, or `undefined` where there is no file.
 * @throws {JsonFileError} when it is larger, cannot be read, or holds no JSON object.
 */
export async function readJsonObject(
  path: string,
  maximumBytes: number,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readTextFile(path, maximumBytes);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = parseStrictJson(text);
  } catch (error) {
    throw new JsonFileError('malformed', path, (error as Error).message);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new JsonFileError('malformed', path, 'expected an object');
}
