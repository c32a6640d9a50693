/** Notices that another model was made live. */
import { type FSWatcher, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { modelsFolder } from '../../../registry/index.js';

/** Calls `look` after each change of the live pointer, and every period. Returns a function that stops it. */
export async function watchLive(
  dataDir: string,
  periodSec: number,
  look: () => void,
): Promise<() => void> {
  const timer = setInterval(look, periodSec * 1000);
  timer.unref();
  let watcher: FSWatcher | undefined;
  const folder = modelsFolder(dataDir);
  await mkdir(folder, { recursive: true });
  // Some file systems report no changes, and a machine can run out of watches. The period covers both.
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
