/** `reranker doctor`: what is installed, what runs, what is missing and how to get it. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what is installed, what runs, what is missing and how to get it')
    .addHelpText('after', '\nExample:\n  $ reranker doctor')
    .action(runs(async () => (await import('../work/doctor.js')).doctor));
}
