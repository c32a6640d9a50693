/** `reranker dataset`: snapshots of what was mined, and whether they fit a loss. */
import type { Command } from 'commander';
import { runs } from '../command.js';

export function registerDataset(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('immutable snapshots of what was mined, and whether they fit a loss')
    .addHelpText('after', '\nExample:\n  $ reranker dataset show --loss softmax');
  dataset
    .command('build')
    .description('make a snapshot of what was mined; the same records give the same snapshot')
    .addHelpText('after', '\nExample:\n  $ reranker dataset build')
    .action(runs(async () => (await import('../work/dataset.js')).buildDataset));
  dataset
    .command('show')
    .argument('[hash]', 'a snapshot; the newest, or what was mined, when not given')
    .description('does this dataset fit this loss? counts, balance, lengths, conflicts')
    .option('--loss <name>', 'class name or short name')
    .option('--max-length <n>', 'tokens of a pair')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker dataset show --loss MarginMSELoss\n  $ reranker dataset show 3f2a --loss mnr --json',
    )
    .action(runs(async () => (await import('../work/dataset.js')).showDataset));
  dataset
    .command('list')
    .description('all snapshots')
    .addHelpText('after', '\nExample:\n  $ reranker dataset list --json')
    .action(runs(async () => (await import('../work/dataset.js')).listDatasets));
}
