/** Writes JSON Lines. A crash at any moment loses no earlier content. */
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { writeFileAtomically } from '@learning-reranker/cross-encoder';
import { cleanJson } from './clean-text.js';

/** Values to write, possibly generated one by one. */
export type JsonValues = Iterable<unknown> | AsyncIterable<unknown>;

/** Characters per write, about. */
const PORTION = 2 ** 18;

/**
 * Writes a JSON Lines file atomically, in place of an older one. Creates missing parent folders. Removes NUL
 * characters and replaces lone surrogates.
 * @returns the number of lines.
 */
export async function writeJsonLines(path: string, values: JsonValues): Promise<number> {
  const lines = { count: 0 };
  await writeFileAtomically(path, portionsOf(values, lines));
  return lines.count;
}

/**
 * Appends to a JSON Lines file, or creates it. First ends a last line that a crash cut off, so that only that line
 * is malformed.
 * @returns the number of lines appended.
 */
export async function appendJsonLines(path: string, values: JsonValues): Promise<number> {
  const target = resolve(path);
  await mkdir(dirname(target), { recursive: true });
  const file = await open(target, 'a+');
  try {
    const { size } = await file.stat();
    if (size > 0) {
      const last = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      if (last.buffer[0] !== 0x0a) await file.appendFile('\n');
    }
    const lines = { count: 0 };
    for await (const portion of portionsOf(values, lines)) await file.appendFile(portion);
    await file.sync();
    if (size === 0) await flushFolder(dirname(target));
    return lines.count;
  } finally {
    await file.close();
  }
}

async function* portionsOf(
  values: JsonValues,
  lines: { count: number },
): AsyncGenerator<Uint8Array> {
  let portion = '';
  for await (const value of values) {
    portion += `${JSON.stringify(cleanJson(value))}\n`;
    lines.count++;
    if (portion.length >= PORTION) {
      yield Buffer.from(portion);
      portion = '';
    }
  }
  yield Buffer.from(portion);
}

/** A new file is durable only after its folder was flushed to disk. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows does not open folders for flushing.
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
