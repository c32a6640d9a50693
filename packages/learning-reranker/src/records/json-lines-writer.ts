/** Writes JSON Lines. A crash at any moment loses no earlier content. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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
  const target = resolve(path);
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = join(dirname(target), `.${basename(target)}.${suffix}.tmp`);
  await mkdir(dirname(target), { recursive: true });
  try {
    const file = await open(temporary, 'wx');
    let count: number;
    try {
      count = await writeLines(file, values);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await flushFolder(dirname(target));
    return count;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
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
    const count = await writeLines(file, values);
    await file.sync();
    if (size === 0) await flushFolder(dirname(target));
    return count;
  } finally {
    await file.close();
  }
}

async function writeLines(file: FileHandle, values: JsonValues): Promise<number> {
  let portion = '';
  let count = 0;
  for await (const value of values) {
    portion += `${JSON.stringify(cleanJson(value))}\n`;
    count++;
    if (portion.length >= PORTION) {
      await file.appendFile(portion, 'utf8');
      portion = '';
    }
  }
  if (portion !== '') await file.appendFile(portion, 'utf8');
  return count;
}

/** A rename is durable only after the parent folder was flushed to disk. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows does not open folders for flushing.
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
