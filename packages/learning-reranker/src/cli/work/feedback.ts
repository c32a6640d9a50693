/** Mines and imports what people did. */
import { resolve } from 'node:path';
import type { CommandAction } from '../command.js';
import { timeOf } from '../option-values.js';
import { runJob } from './run-job.js';

interface MineFeedbackOptions {
  readonly clickModel?: string;
  readonly teacher?: string;
  readonly keywords?: boolean;
  readonly from?: string;
  readonly until?: string;
}

export const mineFeedback: CommandAction<MineFeedbackOptions> = async (context, options) => {
  const { clickModel, teacher, keywords, from, until } = options;
  const result = await runJob(context, 'mine', {
    source: 'feedback',
    ...(clickModel !== undefined && { click_model: clickModel }),
    ...(teacher !== undefined && { teacher }),
    ...(keywords !== undefined && { keywords }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(until !== undefined && { until: timeOf(until) }),
  });
  const { searches, clicks, records, corpus, corrected, click_model: model } = result;
  context.print(
    `${records} training records of ${searches} searches with ${clicks} clicks, ${corpus} documents.\n` +
      `Click model ${model}; ${corrected} judgments differ from clicks per impression.\n` +
      'Next: reranker dataset show',
  );
  return result;
};

export const importLog: CommandAction<{ format: string }> = async (
  context,
  { format },
  [path = ''],
) => {
  const result = await runJob(context, 'import', { format, path: resolve(path) });
  context.print(
    `${result.searches} searches and ${result.feedback} votes and clicks were added; ` +
      `${result.duplicates} were there already, ${result.ignored} say nothing of a document, ${result.malformed_count} lines are malformed.\n` +
      'Next: reranker mine feedback',
  );
  return result;
};
