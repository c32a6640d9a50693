/** `reranker rerank`: orders documents for a query. */
import type { Command } from 'commander';
import { runs } from '../command.js';
import { dtypeOption } from '../option-values.js';

export function registerRerank(program: Command): void {
  program
    .command('rerank')
    .argument('<query>', 'what was searched')
    .description('order documents for a query')
    .requiredOption(
      '--documents <file>',
      "JSONL, one a line: a string or { id, text, score }; '-' reads standard input",
    )
    .option('--model <name>', "'live', 'starter', a model id, a folder or a hub id")
    .option('--top-n <n>', 'documents to print; 0 is all')
    .option(
      '--alpha <alpha>',
      "weight of the model's score against the retrieval score, 0 to 1, or 'auto'",
    )
    .option('--backend <backend>', 'none, cloud or local-learning (AGRO_RERANKER_BACKEND)')
    .option('--strict', 'stop at the first malformed line')
    .addOption(dtypeOption())
    .addHelpText(
      'after',
      `
Examples:
  $ reranker rerank "parse a date" --documents candidates.jsonl
  $ cat candidates.jsonl | reranker rerank "parse a date" --documents - --json`,
    )
    .action(runs(async () => (await import('../work/rerank.js')).rerank));
}
