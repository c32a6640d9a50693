/** `reranker judgments`: what clicks and ratings say, before anything is trained on it. */
import { Argument, type Command } from 'commander';
import { exportForms } from '../../exchange/index.js';
import { runs } from '../command.js';
import {
  clickModelOption,
  minimumClicksOption,
  minimumImpressionsOption,
  whole,
} from '../option-values.js';

export function registerJudgments(program: Command): void {
  const judgments = program
    .command('judgments')
    .description('what mining would learn from clicks and ratings, and why')
    .addOption(clickModelOption())
    .option('--from <date>', 'searches from then on')
    .option('--until <date>', 'searches before then')
    .addOption(minimumImpressionsOption())
    .addOption(minimumClicksOption())
    .option('--show <n>', 'judgments at most; 50 when not given', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker judgments --click-model naive\n  $ reranker judgments export qrels --output qrels.txt',
    )
    .action(runs(async () => (await import('../work/judgments.js')).previewJudgments));
  judgments
    .command('export')
    .addArgument(
      new Argument('<format>', 'what to write').choices([
        ...exportForms().map(({ name }) => name),
        'beir',
      ]),
    )
    .description(
      'searches and judgments for TREC, BEIR and spreadsheets; mined records as triples or for SBERT',
    )
    .addOption(clickModelOption())
    .option('--from <date>', 'searches from then on')
    .option('--until <date>', 'searches before then')
    .addOption(minimumImpressionsOption())
    .addOption(minimumClicksOption())
    .option('--output <path>', 'a file, or for beir a new folder; standard output when not given')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker judgments export sbert-tuples > train.jsonl\n  $ reranker judgments export beir --output my-collection',
    )
    .action(runs(async () => (await import('../work/export-judgments.js')).exportJudgments));
}
