/** `reranker history`: lists the changes of the live model, with their reasons. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { readHistory, STARTER } from '../../registry/index.js';
import { action, type CommandAction } from '../command.js';

export function history(command: Command): void {
  command.addHelpText('after', '\nExample:\n  $ reranker history').action(action(showHistory));
}

const showHistory: CommandAction<object> = async (context) => {
  const rows = await readHistory(context.settings.dataDir);
  for (const { time, action, from, to, loss, reason } of rows) {
    context.print(
      `${time}  ${action.padEnd(13)} ${from} -> ${to}  ${loss ?? ''}\n    ${styleText('dim', reason)}`,
    );
  }
  if (rows.length === 0) context.print(`No model was promoted yet. ${STARTER} is live.`);
  return rows;
};
