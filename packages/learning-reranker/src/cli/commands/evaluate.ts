/** `reranker evaluate`: a model against another on held-out queries. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';
import { dtypeOption, whole } from '../option-values.js';

export function registerEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description(
      'rerank the BM25 top 50 of held-out queries: BM25 alone, models alone, blends; with intervals',
    )
    .option('--model <name>', "'live', 'starter', a model id or a folder", 'live')
    .option('--against <name>', 'compared with it query by query', 'starter')
    .option('--dataset <hash>', 'a snapshot; the one the model was trained on when not given')
    .addOption(
      new Option('--split <split>', 'which held-out queries')
        .choices(['dev', 'test'])
        .default('test'),
    )
    .option('--limit <n>', 'queries at most, chosen by hash', whole(1))
    .addOption(dtypeOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker evaluate --model 20261123T161500Z-softmax --against live\n  $ reranker evaluate --json',
    )
    .action(runs(async () => (await import('../work/evaluate.js')).evaluate));
}
