/** A snapshot of all that was mined. */
import type { Settings } from '../config/index.js';
import { minedFiles, readMined } from '../mining/store.js';
import { type BuiltSnapshot, buildSnapshot, listSnapshots } from './snapshot.js';

export interface MinedSnapshot extends BuiltSnapshot {
  /** Lines of the mined files that were passed over. */
  readonly malformed: number;
}

export async function snapshotOfMined({
  dataDir,
  tripletsPath,
}: Pick<Settings, 'dataDir' | 'tripletsPath'>): Promise<MinedSnapshot> {
  const mined = await readMined(minedFiles(dataDir, tripletsPath));
  return { ...(await buildSnapshot(dataDir, mined)), malformed: mined.malformed };
}

/**
 * The newest snapshot, for whoever names none: made of what was mined where there is none yet.
 * @throws {SnapshotError} where nothing was mined either
 */
export async function newestSnapshot(
  settings: Pick<Settings, 'dataDir' | 'tripletsPath'>,
): Promise<Pick<BuiltSnapshot, 'path' | 'manifest'>> {
  const [newest] = await listSnapshots(settings.dataDir);
  return newest ?? snapshotOfMined(settings);
}
