/** `reranker mine feedback`: mines clicks and ratings. */
import type { Command } from 'commander';
import type { FeedbackMiningReport } from '../../mining/sources/feedback.js';
import type { RequestField } from '../../operations/request-fields.js';
import type { CommandContext } from '../command.js';
import { timeOf } from '../option-values.js';
import { runsOperation } from '../run-operation.js';
import { addOptions, requestFrom } from '../schema-options.js';

type MinedCounts = FeedbackMiningReport & { readonly records: number; readonly corpus: number };

interface Window {
  readonly from?: string;
  readonly until?: string;
}

export function mineFeedback(command: Command, fields: readonly RequestField[]): void {
  addOptions(command, fields);
  command
    .description('clicks and ratings of searches')
    .addHelpText('after', '\nExample:\n  $ reranker mine feedback --from 2026-01-01')
    .action(
      runsOperation<Window, MinedCounts>('mine', {
        request: ({ from, until, ...options }) => ({
          source: 'feedback',
          ...requestFrom(fields, options),
          from: from && timeOf(from),
          until: until && timeOf(until),
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
      `note: ${counts.without_text} judged documents have no text, so nothing is learned from them. Send texts with searches, or mine a BEIR folder that contains them.`,
    );
  }
}

/** Notes feedback whose ids match nothing, a mistake that shows nowhere else. */
export function noteUnused(
  { note }: Pick<CommandContext, 'note'>,
  counts: Pick<FeedbackMiningReport, 'clicks_not_shown' | 'feedback_without_search'>,
): void {
  const { clicks_not_shown: notShown, feedback_without_search: withoutSearch } = counts;
  if (notShown > 0) {
    note(`note: ${notShown} clicks are ignored: their search did not show the document.`);
  }
  if (withoutSearch > 0) {
    note(`note: ${withoutSearch} clicks and ratings are ignored: no search has their event_id.`);
  }
}
