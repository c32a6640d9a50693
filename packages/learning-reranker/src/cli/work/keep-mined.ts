/** Puts what was mined where the settings say, in the way they say. */
import {
  type MinedData,
  type MinedKind,
  minedFiles,
  resetMined,
  storeMined,
} from '../../mining/store.js';
import type { CommandContext } from '../command.js';

export async function keepMined(
  { settings }: Pick<CommandContext, 'settings'>,
  kind: MinedKind,
  mined: Partial<MinedData>,
): Promise<{ path: string; how: string }> {
  const files = minedFiles(settings.dataDir, settings.tripletsPath);
  if (settings.mineReset) await resetMined(files);
  await storeMined(files, kind, mined, settings.mineMode);
  const how = settings.mineMode === 'append' ? 'added to' : 'written to';
  return { path: files.records, how };
}
