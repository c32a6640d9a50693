/** `reranker import`: what another system logged. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';

export function registerImport(program: Command): void {
  program
    .command('import')
    .argument('<file>', 'JSON Lines')
    .description('add searches and clicks that another system logged; twice counts once')
    .addOption(
      new Option('--format <format>', 'what the file is')
        .choices(['log', 'ubi'])
        .default('log', "rows of 'type': query | feedback"),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker import queries.jsonl\n  $ reranker import ubi.jsonl --format ubi',
    )
    .action(runs(async () => (await import('../work/feedback.js')).importLog));
}
