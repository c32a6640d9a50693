/** Mines what people did. */
import type { CommandAction } from '../command.js';
import { timeOf } from '../option-values.js';
import { runJob } from './run-job.js';

interface MineFeedbackOptions {
  readonly clickModel?: string;
  readonly teacher?: string;
  readonly keywords?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly minimumImpressions?: number;
  readonly minimumClicks?: number;
}

export const mineFeedback: CommandAction<MineFeedbackOptions> = async (context, options) => {
  const { clickModel, teacher, keywords, from, until, minimumImpressions, minimumClicks } = options;
  const result = await runJob(context, 'mine', {
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
  return result;
};
