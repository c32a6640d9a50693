/** Options that several commands share, and parsers of their values. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { settingDefinitions } from '../config/index.js';
import { clickModelNames } from '../judgments/click-models/index.js';
import { UsageError } from './failure.js';

/** Parses a whole number of at least `minimum`. */
export function whole(minimum = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
  };
}

/** Parses a number from `lowest` to `highest`. */
export function numberWithin(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= lowest && value <= highest) return value;
    const upTo = Number.isFinite(highest)
      ? `from ${lowest} to ${highest}`
      : `of at least ${lowest}`;
    throw new InvalidArgumentError(`Expected a number ${upTo}.`);
  };
}

export function lossOption(): Option {
  return new Option('--loss <name>', `${settingDefinitions.loss.values} (AGRO_RERANKER_LOSS)`);
}

export function dtypeOption(): Option {
  return new Option('--dtype <dtype>', 'number format of the computation')
    .choices(['fp32', 'int8'])
    .default('fp32');
}

export function clickModelOption(): Option {
  const description = 'click model that turns clicks into judgments';
  return new Option('--click-model <name>', description).choices(clickModelNames());
}

export function teacherOption(): Option {
  return new Option(
    '--teacher <model>',
    "add teacher scores for MarginMSELoss: 'cloud', 'live', 'starter' or a model id",
  );
}

/** Adds the options of `WindowOptions`. */
export function addWindowOptions(command: Command): void {
  command
    .addOption(clickModelOption())
    .option('--from <date>', 'only searches since this time')
    .option('--until <date>', 'only searches before this time')
    .option(
      '--minimum-impressions <n>',
      'minimum impressions before clicks judge a document; the default is 1',
      whole(1),
    )
    .option(
      '--minimum-clicks <n>',
      'minimum clicks that make a document relevant; the default is 1',
      whole(1),
    );
}

/** A date as the API accepts it. @throws {UsageError} */
export function timeOf(text: string): string {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UsageError(`Expected a date such as 2026-01-31, got '${text}'.`);
}

/** The searches to judge, and how to judge them. */
export interface WindowOptions {
  readonly clickModel?: string;
  readonly from?: string;
  readonly until?: string;
  readonly minimumImpressions?: number;
  readonly minimumClicks?: number;
}

/** The options as the query parameters of a request. */
export function windowOf({
  clickModel,
  from,
  until,
  minimumImpressions,
  minimumClicks,
}: WindowOptions): URLSearchParams {
  return new URLSearchParams({
    ...(clickModel !== undefined && { click_model: clickModel }),
    ...(from !== undefined && { from: timeOf(from) }),
    ...(until !== undefined && { until: timeOf(until) }),
    ...(minimumImpressions !== undefined && { minimum_impressions: String(minimumImpressions) }),
    ...(minimumClicks !== undefined && { minimum_clicks: String(minimumClicks) }),
  });
}
