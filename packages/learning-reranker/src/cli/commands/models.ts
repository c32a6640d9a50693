/** `reranker models` and `reranker history`: what there is and what was live when. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerModels(program: Command): void {
  program
    .command('models')
    .argument('[model]', 'one model, with everything its manifest says')
    .description('the models there are, the live one marked, each with its loss')
    .action(runs(async () => (await import('../work/models.js')).showModels));
  program
    .command('history')
    .description('what was live when, and why')
    .action(runs(async () => (await import('../work/models.js')).showHistory));
}
