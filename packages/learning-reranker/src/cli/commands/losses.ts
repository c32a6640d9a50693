/** `reranker losses`: what each loss is for, from its own description. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerLosses(program: Command): void {
  program
    .command('losses')
    .argument('[name]', 'one loss, by class name or short name')
    .description('the losses there are and what each is for, by their SBERT names')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker losses\n  $ reranker losses MarginMSELoss\n  $ reranker losses --json',
    )
    .action(runs(async () => (await import('../work/losses.js')).showLosses));
}
