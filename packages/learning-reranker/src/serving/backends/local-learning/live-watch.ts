/** Notices that another model has been made live. */
import { type FSWatcher, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { modelsFolder } from '../../../registry/index.js';

export interface LiveWatchOptions {
  readonly dataDir: string;
  readonly periodSec: number;
}

/** Calls `look` after every change of the pointer and every period; gives what ends it. */
export async function watchLive(
  { dataDir, periodSec }: LiveWatchOptions,
  look: () => void,
): Promise<() => void> {
  const timer = setInterval(look, periodSec * 1000);
  timer.unref();
  let watcher: FSWatcher | undefined;
  const folder = modelsFolder(dataDir);
  await mkdir(folder, { recursive: true });
  // Some file systems tell of no changes, and some machines have no watch left: the looks every period remain.
  try {
    watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || name === 'live.json') look();
    }).on('error', () => undefined);
  } catch {}
  return () => {
    clearInterval(timer);
    watcher?.close();
  };
}
