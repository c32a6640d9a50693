/** A snapshot of all that was mined. */
import type { Settings } from '../config/index.js';
import { minedFiles, readMined } from '../mining/store.js';
import { type BuiltSnapshot, buildSnapshot } from './snapshot.js';

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
