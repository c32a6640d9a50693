/** Mines what people did. */
import type { FeedbackMiningReport } from '../../mining/sources/feedback.js';
import type { CommandAction, CommandContext } from '../command.js';
import { timeOf } from '../option-values.js';
import { runOperation } from '../run-operation.js';

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

export const mineFeedback: CommandAction<MineFeedbackOptions> = async (context, options) => {
  const { clickModel, teacher, keywords, from, until, minimumImpressions, minimumClicks } = options;
  const result = await runOperation<MinedCounts>(context, 'mine', {
    source: 'feedback',
    ...(clickModel !== undefined && { click_model: clickModel }),
    ...(teacher !== undefined && { teacher }),
    ...(keywords !== undefined && { keywords }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(until !== undefined && { until: timeOf(until) }),
    ...(minimumImpressions !== undefined && { minimum_impressions: minimumImpressions }),
    ...(minimumClicks !== undefined && { minimum_clicks: minimumClicks }),
  });
  const { searches, clicks, records, corpus, corrected, click_model: model } = result;
  context.print(
    `${records} training records of ${searches} searches with ${clicks} clicks, ${corpus} documents.\n` +
      `Click model ${model}; ${corrected} judgments differ from clicks per impression.\n` +
      'Next: reranker dataset show',
  );
  noteUnused(context, result);
  if (result.without_text > 0) {
    context.note(
      `note: ${result.without_text} judged documents have no text, and teach nothing: send texts with searches, or mine a BEIR folder, which has them`,
    );
  }
  return result;
};

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
