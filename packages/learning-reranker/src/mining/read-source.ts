/** Reads a source file whatever its encoding, clean and with plain line ends. */
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { cleanText } from '../records/clean-text.js';

/**
 * The text of a file: UTF-8, or Windows-1252 where it is not, without byte order mark, NUL and
 * lone surrogates, lines ended by `\n`. Null where it cannot be read: people and builds go on
 * working in what is mined, and what was there when files were listed may be gone.
 */
export async function readSource(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch(() => null);
  return bytes && toText(bytes);
}

function toText(bytes: Buffer): string {
  return cleanText(decode(bytes)).replaceAll('\r\n', '\n');
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
