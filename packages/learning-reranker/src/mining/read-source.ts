/** Reads a source file in any common encoding. */
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { cleanText } from '../records/clean-text.js';

/**
 * The text of a file in UTF-8, or else in Windows-1252, without byte order mark, NUL and lone
 * surrogates, with `\n` at line ends. Null if the file cannot be read: it may have been removed
 * since the files were listed.
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
