/** `reranker promote`: makes a model live if it is better than the live one. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { PromotionReport } from '../../operations/promote.js';
import type { CommandContext } from '../command.js';
import { EXIT } from '../failure.js';
import { whole } from '../option-values.js';
import { runsOperation } from '../run-operation.js';
import { showReport } from './evaluate.js';

interface PromoteOptions {
  readonly force?: boolean;
  readonly minimumQueries?: number;
  readonly limit?: number;
}

export function promote(command: Command): void {
  command
    .argument('<model>', 'a model id')
    .option('--force', 'make it live without a comparison; the history records it')
    .option('--minimum-queries <n>', 'the fewest queries that can decide; 30 when absent', whole(1))
    .option('--limit <n>', 'the most queries, chosen by hash', whole(1))
    .addHelpText('after', '\nExample:\n  $ reranker promote 20261123T161500Z-softmax')
    .action(
      runsOperation<PromoteOptions, PromotionReport>('promote', {
        request: ({ force, minimumQueries, limit }, [model]) => ({
          model,
          force,
          limit,
          minimum_queries: minimumQueries,
        }),
        show: showPromotion,
      }),
    );
}

/** What the gate measured and decided. */
export function showPromotion(promotion: PromotionReport, context: CommandContext): void {
  if ('report' in promotion) showReport(promotion.report, context);
  if (promotion.promoted) {
    const { forced, to, from, loss, reason } = promotion;
    const how = forced ? styleText('yellow', 'live by force') : styleText('green', 'live');
    context.print(`\n${how} ${to} (${loss}; before: ${from}): ${reason}`);
    return;
  }
  const { reason, live, report } = promotion;
  context.print(
    `\n${styleText('yellow', 'not promoted')} ${reason}\n${live} stays live. To make ${report.model} live all the same: reranker promote ${report.model} --force`,
  );
  process.exitCode = EXIT.failed;
}
