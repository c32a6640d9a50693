/** Writing JSON Lines so that a crash at any moment loses nothing that was there before. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { cleanJson } from './clean-text.js';

/** Values to write, made one by one where they are many. */
export type JsonValues = Iterable<unknown> | AsyncIterable<unknown>;

/** Text is handed to the file in portions of about this many characters. */
const PORTION = 2 ** 18;

/**
 * Writes a file of JSON Lines, replacing an older one: it appears whole or not at all. Missing
 * parent folders are made. NUL characters and lone surrogates in texts are cleaned away.
 * @returns how many lines were written.
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
 * Appends to a file of JSON Lines, making it if it is missing. A last line that an earlier crash
 * left without its end is closed first, so that it spoils no line but its own.
 * @returns how many lines were appended.
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

/** A rename is only durable once the folder that holds the name has reached the disk. */
async function flushFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows does not open folders for flushing.
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
