/** A file's text in portions: UTF-8, or UTF-16 that says so by a byte order mark, as spreadsheets write it. */
import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { FormatError } from './format-error.js';

/** @throws {FormatError} when it cannot be read or is no such text */
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
    const problem = code === 'ENOENT' ? 'there is no such file' : message;
    throw new FormatError(`Cannot read ${path}: ${problem}.`);
  }
}

function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}
