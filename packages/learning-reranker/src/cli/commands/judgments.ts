/** `reranker judgments`: what clicks and ratings say, before anything is trained on it. */
import { styleText } from 'node:util';
import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import type { previewSchema } from '../../api/routes/judgments.js';
import { exportForms } from '../../exchange/index.js';
import { action, type CommandAction } from '../command.js';
import {
  clickModelOption,
  minimumClicksOption,
  minimumImpressionsOption,
  type WindowOptions,
  whole,
  windowOf,
} from '../option-values.js';
import { withService } from '../service-connection.js';
import { exportJudgments } from './export-judgments.js';
import { noteUnused } from './mine-feedback.js';

export function judgments(judgments: Command): void {
  judgments
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
    .action(action(previewJudgments));
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
    .action(action(exportJudgments));
}

type Preview = z.infer<typeof previewSchema>;

const colours = {
  positive: 'green',
  negative: 'red',
  unsure: 'dim',
  conflict: 'yellow',
} as const;

const previewJudgments: CommandAction<WindowOptions & { show?: number }> = (context, options) =>
  withService(context, async (service) => {
    const query = windowOf(options);
    if (options.show !== undefined) query.set('rows', String(options.show));
    const { judgments, counts, losses } = await service.call<Preview>(
      'GET',
      `/api/judgments/preview?${query}`,
    );
    for (const judgment of judgments) {
      const { label, query: asked, reason } = judgment;
      const document = documentOf(judgment);
      context.print(
        `${styleText(colours[label], label.padEnd(9))} ${asked}  ->  ${document}\n  ${reason}`,
      );
    }
    noteUnused(context, counts);
    if (judgments.length === 0) {
      context.print('nothing can be learned yet; reranker import adds what another system logged');
      return { judgments, counts, losses };
    }
    const { positive, negative, unsure } = counts.judgments;
    context.print(
      `\n${counts.searches} searches, ${counts.clicks} clicks: ${positive} positive, ${negative} negative, ${unsure} unsure, ` +
        `${counts.conflicts} in conflict, ${counts.without_text} without a text.`,
    );
    for (const { loss, rows, needs_teacher } of losses) {
      const once = needs_teacher ? ', once a teacher scored them' : '';
      context.print(`${loss}: ${rows} rows${once}`);
    }
    context.note('Next: reranker cycle, or reranker judgments export for other tools');
    return { judgments, counts, losses };
  });

/** Its id; the beginning of its text where it has none, and is told by its text. */
function documentOf({ document_id: id, text }: Preview['judgments'][number]): string {
  if (text === null || !id.startsWith('text:')) return id;
  return text.replace(/\s+/g, ' ').slice(0, 60);
}
