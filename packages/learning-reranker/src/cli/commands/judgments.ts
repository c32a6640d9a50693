/** `reranker judgments`: previews and exports the judgments that mining derives from clicks and ratings. */
import { styleText } from 'node:util';
import { Argument, type Command } from 'commander';
import type { z } from 'zod';
import type { previewSchema } from '../../api/routes/judgments.js';
import { exportForms } from '../../exchange/index.js';
import { action, type CommandAction } from '../command.js';
import { oneLine } from '../one-line.js';
import { addWindowOptions, type WindowOptions, whole, windowOf } from '../option-values.js';
import { withService } from '../service-connection.js';
import { exportJudgments } from './export-judgments.js';
import { noteUnused } from './mine-feedback.js';

export function judgments(judgments: Command): void {
  addWindowOptions(judgments);
  judgments
    .option('--show <n>', 'maximum number of judgments to show; the default is 50', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker judgments --click-model naive\n  $ reranker judgments export qrels --output qrels.txt',
    )
    .action(action(previewJudgments));
  const exporting = judgments
    .command('export')
    .addArgument(
      new Argument('<format>', 'format of the output').choices([
        ...exportForms().map(({ name }) => name),
        'beir',
      ]),
    )
    .description('Export searches, judgments or training records for other tools')
    .option('--output <path>', 'a file, or a new folder for beir; the default is standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker judgments export sbert-tuples > train.jsonl\n  $ reranker judgments export beir --output my-collection',
    )
    .action(action(exportJudgments));
  addWindowOptions(exporting);
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
      context.print(
        'There are no judgments yet. To import the log of another system, run: reranker import <file>',
      );
      return { judgments, counts, losses };
    }
    const { positive, negative, unsure } = counts.judgments;
    context.print(
      `\n${counts.searches} searches, ${counts.clicks} clicks: ${positive} positive, ${negative} negative, ${unsure} unsure, ` +
        `${counts.conflicts} in conflict, ${counts.without_text} without text.`,
    );
    for (const { loss, rows, needs_teacher } of losses) {
      const condition = needs_teacher ? ' with teacher scores' : '';
      context.print(`${loss}: ${rows} rows${condition}`);
    }
    context.note('Next: reranker cycle, or reranker judgments export for other tools');
    return { judgments, counts, losses };
  });

/** The id of the document; the beginning of its text if it was sent without an id. */
function documentOf({ document_id: id, text }: Preview['judgments'][number]): string {
  if (text === null || !id.startsWith('text:')) return id;
  return oneLine(text, 60);
}
