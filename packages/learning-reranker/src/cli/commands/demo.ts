/** `reranker demo`: the main job on the source code of installed packages. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .argument('[folder]', 'a node_modules folder; the nearest one when not given')
    .description('the main job on the source code of installed packages, in a few minutes')
    .option('--loss <name>', 'the loss to train with (AGRO_RERANKER_LOSS)')
    .option('--fresh', 'do everything again instead of reusing what is there')
    .addHelpText('after', '\nExamples:\n  $ reranker demo\n  $ reranker demo --fresh --loss bce')
    .action(runs(async () => (await import('../work/demo.js')).demo));
}
