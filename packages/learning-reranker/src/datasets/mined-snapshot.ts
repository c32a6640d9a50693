/** The dataset of all mined training records. */
import type { Settings } from '../config/index.js';
import { minedFiles, readMined } from '../mining/store.js';
import { type BuiltSnapshot, buildSnapshot, listSnapshots } from './snapshot.js';

export interface MinedSnapshot extends BuiltSnapshot {
  /** Malformed lines of the mined files, which are skipped. */
  readonly malformed: number;
}

export async function snapshotOfMined({
  dataDir,
  tripletsPath,
}: Pick<Settings, 'dataDir' | 'tripletsPath'>): Promise<MinedSnapshot> {
  const mined = await readMined(minedFiles(dataDir, tripletsPath));
  return { ...(await buildSnapshot(dataDir, mined)), malformed: mined.malformed };
}

/** The newest dataset, or a new one of all mined records. @throws {SnapshotError} if there are no mined records */
export async function newestSnapshot(
  settings: Pick<Settings, 'dataDir' | 'tripletsPath'>,
): Promise<Pick<BuiltSnapshot, 'path' | 'manifest'>> {
  const [newest] = await listSnapshots(settings.dataDir);
  return newest ?? snapshotOfMined(settings);
}
