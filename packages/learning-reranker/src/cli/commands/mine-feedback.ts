/** Mines what people did. */
import type { Command } from 'commander';
import type { FeedbackMiningReport } from '../../mining/sources/feedback.js';
import type { CommandContext } from '../command.js';
import {
  clickModelOption,
  minimumClicksOption,
  minimumImpressionsOption,
  teacherOption,
  timeOf,
} from '../option-values.js';
import { runsOperation } from '../run-operation.js';

interface MineFeedbackOptions {
  readonly clickModel?: string;
  readonly teacher?: string;
  readonly keywords?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly minimumImpressions?: number;
  readonly minimumClicks?: number;
}

/** What the job tells. */
type MinedCounts = FeedbackMiningReport & { readonly records: number; readonly corpus: number };

export function mineFeedback(command: Command): void {
  command
    .description('clicks and ratings of searches')
    .addOption(clickModelOption())
    .addOption(teacherOption())
    .option('--keywords', 'label unjudged documents by terms that tell liked from disliked results')
    .option('--from <date>', 'only searches from then on')
    .option('--until <date>', 'only searches before then')
    .addOption(minimumImpressionsOption())
    .addOption(minimumClicksOption())
    .addHelpText('after', '\nExample:\n  $ reranker mine feedback --from 2026-01-01')
    .action(
      runsOperation<MineFeedbackOptions, MinedCounts>('mine', {
        request: (options) => ({
          source: 'feedback',
          click_model: options.clickModel,
          teacher: options.teacher,
          keywords: options.keywords,
          from: options.from && timeOf(options.from),
          until: options.until && timeOf(options.until),
          minimum_impressions: options.minimumImpressions,
          minimum_clicks: options.minimumClicks,
        }),
        show: showMined,
      }),
    );
}

function showMined(counts: MinedCounts, context: CommandContext): void {
  const { searches, clicks, records, corpus, corrected, click_model: model } = counts;
  context.print(
    `${records} training records from ${searches} searches with ${clicks} clicks, ${corpus} documents.\n` +
      `Click model ${model}; ${corrected} judgments differ from clicks per impression.\n` +
      'Next: reranker dataset show',
  );
  noteUnused(context, counts);
  if (counts.without_text > 0) {
    context.note(
      `note: ${counts.without_text} judged documents have no text and teach nothing. Send texts with searches, or mine a BEIR folder, which has them.`,
    );
  }
}

/** Says what an application sent with ids that fit nothing, which is easily done and seen nowhere else. */
export function noteUnused(
  { note }: Pick<CommandContext, 'note'>,
  counts: Pick<FeedbackMiningReport, 'clicks_not_shown' | 'feedback_without_search'>,
): void {
  const { clicks_not_shown: notShown, feedback_without_search: withoutSearch } = counts;
  const unused = 'nothing was learned from them';
  if (notShown > 0) {
    note(`note: ${notShown} clicks are on documents that their search did not show; ${unused}`);
  }
  if (withoutSearch > 0) {
    note(
      `note: ${withoutSearch} clicks and ratings have an event_id that no search has; ${unused}`,
    );
  }
}
