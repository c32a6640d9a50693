import { readFile } from 'node:fs/promises';

/** What `test/sbert/record.py` recorded under this name. */
export async function fixture<T>(name: string): Promise<T> {
  const path = new URL(`../sbert/fixtures/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(path, 'utf8')) as T;
}
