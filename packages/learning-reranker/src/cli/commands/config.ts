/** `reranker config`: lists every setting with its value and its source. */
import type { Command } from 'commander';
import {
  settingDefinitions,
  settingKeys,
  shownSetting,
  shownSettings,
} from '../../config/index.js';
import { action, type CommandAction } from '../command.js';

export function config(command: Command): void {
  command
    .addHelpText('after', '\nExample:\n  $ AGRO_RERANKER_ALPHA=auto reranker config')
    .action(action(showConfig));
}

const showConfig: CommandAction<object> = async ({ resolved, print }) => {
  const rows = settingKeys.map((key) => {
    const { source, name } = resolved.origins[key];
    const origin = source === 'default' ? 'default' : `${source} (${name})`;
    return [settingDefinitions[key].environment, shownSetting(key, resolved.settings[key]), origin];
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const [name = '', value = '', origin = ''] of rows) {
    print(`${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${origin}`);
  }
  return { ...resolved, settings: shownSettings(resolved.settings) };
};
