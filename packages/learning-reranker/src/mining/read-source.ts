/** Reads a source file in any common encoding, and names its parts by their lines. */
import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { cleanText } from '../records/clean-text.js';
import { firstIndex } from './first-index.js';
import type { SourceFile } from './source-files.js';
import type { SourceRange } from './syntax.js';

/**
 * The text of a file in UTF-8, or else in Windows-1252, without byte order mark, NUL and lone
 * surrogates, with `\n` at line ends. Null if the file cannot be read: it may have been removed
 * since the files were listed.
 */
export async function readSource(path: string): Promise<string | null> {
  const bytes = await readFile(path).catch(() => null);
  return bytes && cleanText(decode(bytes)).replaceAll('\r\n', '\n');
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Makes the ids of a file's documents: `repository/path:first-last` line, from 1. */
export function documentIds(file: SourceFile, source: string): (range: SourceRange) => string {
  const newlines = [...source.matchAll(/\n/g)].map(({ index }) => index);
  const lineOf = (position: number) =>
    1 + firstIndex(newlines.length, (place) => (newlines[place] as number) >= position);
  return ({ start, end }) =>
    `${file.repo_slug}/${file.doc_path_rel}:${lineOf(start)}-${lineOf(end)}`;
}
