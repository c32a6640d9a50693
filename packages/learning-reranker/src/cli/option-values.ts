/** Reads the values of options; what cannot be meant is refused before any work begins. */
import { InvalidArgumentError, Option } from 'commander';
import { settingDefinitions } from '../config/index.js';
import { clickModelNames } from '../judgments/click-models/index.js';
import { UsageError } from './failure.js';

/** A whole number from `minimum` on. */
export function whole(minimum = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}.`);
  };
}

/** A number within bounds, both included. */
export function numberWithin(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= lowest && value <= highest) return value;
    const upTo = Number.isFinite(highest) ? ` to ${highest}` : ' or more';
    throw new InvalidArgumentError(`Expected a number, ${lowest}${upTo}.`);
  };
}

/** A loss by its SBERT name. */
export function lossOption(): Option {
  return new Option('--loss <name>', `${settingDefinitions.loss.values} (AGRO_RERANKER_LOSS)`);
}

/** What the model computes in. */
export function dtypeOption(): Option {
  return new Option('--dtype <dtype>', 'what the model computes in')
    .choices(['fp32', 'int8'])
    .default('fp32');
}

/** How clicks are read. */
export function clickModelOption(): Option {
  return new Option('--click-model <name>', 'how clicks are read').choices(clickModelNames());
}

export function teacherOption(): Option {
  return new Option(
    '--teacher <model>',
    "adds the scores that MarginMSELoss learns: 'cloud' or a model",
  );
}

export function minimumImpressionsOption(): Option {
  return new Option(
    '--minimum-impressions <n>',
    'impressions a document needs to be judged by clicks; 1 when not given',
  ).argParser(whole(1));
}

export function minimumClicksOption(): Option {
  return new Option(
    '--minimum-clicks <n>',
    'clicks a document needs to answer its query; 1 when not given',
  ).argParser(whole(1));
}

/** A date as the service takes it. @throws {UsageError} */
export function timeOf(text: string): string {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new UsageError(`expected a date such as 2026-01-31, got '${text}'`);
}

/** Which searches to judge, and how. */
export interface WindowOptions {
  readonly clickModel?: string;
  readonly from?: string;
  readonly until?: string;
  readonly minimumImpressions?: number;
  readonly minimumClicks?: number;
}

/** The same as the query of a request. */
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
