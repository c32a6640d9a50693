/** `reranker promote`: makes a model live if it passes the gate. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { promote as operation, type PromotionReport } from '../../operations/promote.js';
import { fieldsOf } from '../../operations/request-fields.js';
import type { CommandContext } from '../command.js';
import { EXIT } from '../failure.js';
import { runsOperation } from '../run-operation.js';
import { addOptions, requestFrom } from '../schema-options.js';
import { showReport } from './evaluate.js';

export function promote(command: Command): void {
  const [model, ...fields] = fieldsOf(operation.schema);
  addOptions(command, fields);
  command
    .argument('<model>', model?.description)
    .addHelpText('after', '\nExample:\n  $ reranker promote 20261123T161500Z-softmax')
    .action(
      runsOperation<Readonly<Record<string, unknown>>, PromotionReport>('promote', {
        request: (options, [id]) => ({ model: id, ...requestFrom(fields, options) }),
        show: showPromotion,
      }),
    );
}

/** Prints what the gate measured and decided. */
export function showPromotion(promotion: PromotionReport, context: CommandContext): void {
  if ('report' in promotion) showReport(promotion.report, context);
  if (promotion.promoted) {
    const { forced, to, from, loss, reason } = promotion;
    const how = forced ? styleText('yellow', 'live (forced)') : styleText('green', 'live');
    context.print(`\n${how} ${to} (${loss}; before: ${from}): ${reason}`);
    return;
  }
  const { reason, live, report } = promotion;
  context.print(
    `\n${styleText('yellow', 'not promoted')} ${reason}\n${live} stays live. To make ${report.model} live anyway: reranker promote ${report.model} --force`,
  );
  process.exitCode = EXIT.failed;
}
