/** `reranker import`: what another system logged, judged or ranked. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';

export function registerImport(program: Command): void {
  program
    .command('import')
    .argument('[file]', 'what another system wrote; the one of AGRO_LOG_PATH when not given')
    .description('add searches, clicks and judgments of another system; twice counts once')
    .addOption(
      new Option('--format <format>', 'what the file is')
        .choices(['log', 'ubi', 'judgment-csv', 'qrels', 'run'])
        .default('log', "JSON Lines of 'type': query | feedback"),
    )
    .option('--queries <file>', "the queries' words for qrels and run: JSON Lines or id, tab, text")
    .addHelpText(
      'after',
      `
Examples:
  $ reranker import queries.jsonl
  $ reranker import ubi.jsonl --format ubi
  $ reranker import judgments.csv --format judgment-csv
  $ reranker import qrels.txt --format qrels --queries queries.jsonl`,
    )
    .action(runs(async () => (await import('../work/import-file.js')).importFile));
}
