/** `reranker promote` and `reranker rollback`: what is live. */
import type { Command } from 'commander';
import { runs } from '../command.js';
import { whole } from '../option-values.js';

export function registerPromote(program: Command): void {
  program
    .command('promote')
    .argument('<model>', 'a model id')
    .description('make a model live if it beats the live one on held-out queries')
    .option('--force', 'make it live whatever the comparison says; the history will say so')
    .option('--minimum-queries <n>', 'queries a comparison needs; 30 when not given', whole(1))
    .option('--limit <n>', 'queries at most, chosen by hash', whole(1))
    .addHelpText('after', '\nExample:\n  $ reranker promote 20261123T161500Z-softmax')
    .action(runs(async () => (await import('../work/promote.js')).promoteModel));
  program
    .command('rollback')
    .description('make live what was live before')
    .addHelpText('after', '\nExample:\n  $ reranker rollback')
    .action(runs(async () => (await import('../work/promote.js')).rollbackModel));
}
