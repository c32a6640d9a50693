/** `reranker mine`: training records from source code, files of others, an evaluation dataset or feedback. */
import type { Command } from 'commander';
import { action } from '../command.js';
import {
  clickModelOption,
  minimumClicksOption,
  minimumImpressionsOption,
  numberWithin,
  teacherOption,
  whole,
} from '../option-values.js';

export function mine(mine: Command): void {
  mine.addHelpText(
    'after',
    `
Examples:
  $ reranker mine code ./src ./lib            docstring / JSDoc -> declaration or function body
  $ reranker mine triplets old-triplets.jsonl import, version 1 or 2
  $ reranker mine ms-marco triples.tsv        query, answer and what is none
  $ reranker mine sbert train.jsonl           rows for SBERT's losses
  $ reranker mine beir ./scifact              a collection with its judgments
  $ reranker mine evaluation questions.json --corpus .
  $ reranker mine feedback                    what people clicked and rated`,
  );

  mine
    .command('code')
    .argument('<folders...>', 'folders with source code')
    .description('documentation comments as queries, the code they document as answers')
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .option('--num-negatives <n>', 'hard negatives a record, by BM25', whole())
    .option('--num-random-negatives <n>', 'random negatives a record', whole())
    .option('--seed <n>', 'decides the random negatives', whole())
    .option('--show <n>', 'records to print with their reasons', whole())
    .addHelpText('after', '\nExample:\n  $ reranker mine code ./src --show 3')
    .action(
      action(async (...given) => (await import('../work/mine-code.js')).mineCodeFolders(...given)),
    );

  mine
    .command('triplets')
    .argument('<file>', 'JSONL, one triplet a line')
    .description('import triplets of version 1 or 2; absolute paths become relative')
    .option('--root <folder>', 'what absolute document ids are relative to')
    .option('--repo <name>', 'repository the triplets come from')
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .option('--strict', 'stop at the first malformed line')
    .addHelpText(
      'after',
      '\nExample:\n  $ reranker mine triplets data/triplets.jsonl --root /src/app',
    )
    .action(
      action(async (...given) =>
        (await import('../work/mine-triplets.js')).mineTripletFile(...given),
      ),
    );

  mine
    .command('ms-marco')
    .argument('<file>', 'lines of query, positive and negative, parted by tabs')
    .description("import triples as MS MARCO's; they take the place that triplets have")
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .addHelpText('after', '\nExample:\n  $ reranker mine ms-marco triples.train.small.tsv')
    .action(
      action(async (...given) =>
        (await import('../work/mine-collections.js')).mineMsMarco(...given),
      ),
    );

  mine
    .command('sbert')
    .argument('<file>', 'JSONL: query, document, label; or query, positive, negatives, scores')
    .description('import rows made for SBERT; they take the place that triplets have')
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .addHelpText('after', '\nExample:\n  $ reranker mine sbert train.jsonl')
    .action(
      action(async (...given) => (await import('../work/mine-collections.js')).mineSbert(...given)),
    );

  mine
    .command('beir')
    .argument('<folder>', 'with corpus.jsonl, queries.jsonl and qrels/<split>.tsv')
    .description("train's judgments as records, all others as evaluation samples, over its corpus")
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .addHelpText('after', '\nExample:\n  $ reranker mine beir ./scifact')
    .action(
      action(async (...given) =>
        (await import('../work/mine-collections.js')).mineBeirFolder(...given),
      ),
    );

  mine
    .command('evaluation')
    .argument(
      '[file]',
      'JSON: [{ "q", "repo", "expect_paths" }]; what the service keeps if not given',
    )
    .description('evaluation samples over a corpus; they evaluate and are never trained on')
    .option('--corpus <folder...>', 'folders whose files are searched', ['.'])
    .option(
      '--train-share <share>',
      'share of the questions to train on instead',
      numberWithin(0, 1),
    )
    .option('--mine-mode <mode>', 'append to what was mined before, or replace it')
    .option('--strict', 'stop at the first malformed entry')
    .addHelpText('after', '\nExample:\n  $ reranker mine evaluation questions.json --corpus ./src')
    .action(
      action<{ readonly corpus: readonly string[] }>(async (...given) =>
        (await import('../work/mine-evaluation.js')).mineEvaluationFile(...given),
      ),
    );
  mine
    .command('feedback')
    .description('what people clicked and rated -> records')
    .addOption(clickModelOption())
    .addOption(teacherOption())
    .option('--keywords', 'label by terms what nobody judged')
    .option('--from <date>', 'searches from then on')
    .option('--until <date>', 'searches before then')
    .addOption(minimumImpressionsOption())
    .addOption(minimumClicksOption())
    .addHelpText('after', '\nExample:\n  $ reranker mine feedback --from 2026-01-01')
    .action(
      action(async (...given) => (await import('./mine-feedback.js')).mineFeedback(...given)),
    );
}
