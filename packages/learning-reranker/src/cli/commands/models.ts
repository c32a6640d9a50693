/** `reranker models` and `reranker history`: what there is and what was live when. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerModels(program: Command): void {
  program
    .command('models')
    .argument('[model]', 'one model, with everything its manifest says')
    .description('the models there are, the live one marked, each with its loss')
    .addHelpText('after', '\nExamples:\n  $ reranker models\n  $ reranker models live --json')
    .action(runs(async () => (await import('../work/models.js')).showModels));
  program
    .command('history')
    .description('what was live when, and why')
    .addHelpText('after', '\nExample:\n  $ reranker history')
    .action(runs(async () => (await import('../work/models.js')).showHistory));
}
