/** `reranker config`: every setting with its value and where that came from. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerConfig(program: Command): void {
  program
    .command('config')
    .description('every setting with its value and where that came from')
    .addHelpText('after', '\nExample:\n  $ AGRO_RERANKER_ALPHA=auto reranker config')
    .action(runs(async () => (await import('../work/config.js')).showConfig));
}
