/** `reranker cycle`: mines, trains, evaluates and promotes in one job. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { PromotionReport } from '../../operations/promote.js';
import { requestOfSettings } from '../../operations/training-fields.js';
import type { CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { clickModelOption, lossOption, teacherOption, whole } from '../option-values.js';
import { runsOperation } from '../run-operation.js';
import { showPromotion } from './promote.js';

interface CycleOptions {
  readonly propose?: boolean;
  readonly clickModel?: string;
  readonly teacher?: string;
  readonly limit?: number;
}

type CycleResult = { readonly mined: { readonly records: number } } & PromotionReport;

export function cycle(command: Command): void {
  command
    .argument('[folders...]', 'source code to mine; the default is clicks and ratings')
    .addOption(lossOption())
    .addOption(clickModelOption())
    .addOption(teacherOption())
    .option('--propose', 'only report; do not promote')
    .option('--limit <n>', 'maximum number of held-out queries to evaluate', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker cycle\n  $ reranker cycle ./src --loss bce --propose',
    )
    .action(
      runsOperation<CycleOptions, CycleResult>('cycle', {
        request: requestOf,
        show: (result, context) => {
          context.print(`${result.mined.records} training records mined`);
          showPromotion(result, context);
        },
      }),
    );
}

function requestOf(
  { propose, clickModel, teacher, limit }: CycleOptions,
  folders: readonly string[],
  { settings }: CommandContext,
): object {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new UsageError(`The folder ${missing} does not exist.`);
  if (folders.length > 0 && teacher !== undefined) {
    throw new UsageError('--teacher scores clicked and rated documents, not mined code.');
  }
  return {
    mine:
      folders.length > 0
        ? { source: 'code', folders: folders.map((folder) => resolve(folder)) }
        : { source: 'feedback', click_model: clickModel, teacher },
    train: requestOfSettings(settings),
    ...(propose && { action: 'propose' }),
    limit,
  };
}
