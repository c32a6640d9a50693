/** `reranker train`: a model from what was mined, with a loss chosen by its SBERT name. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';
import { numberWithin, whole } from '../option-values.js';

export function registerTrain(program: Command): void {
  program
    .command('train')
    .description(
      'train a model with a loss chosen by its SBERT name; it does not go live by itself',
    )
    .option('--loss <name>', 'softmax, bce, mnr, margin-mse or a class name (AGRO_RERANKER_LOSS)')
    .option(
      '--loss-parameter <name=value...>',
      "a parameter of the loss, e.g. posWeight=4; see 'losses'",
    )
    .option(
      '--base <model>',
      "what to start from: 'live', 'starter', a model id, a folder or a hub id",
    )
    .option('--dataset <hash>', 'a snapshot; made of what was mined when not given')
    .option('--epochs <n>', "passes over the records, or 'auto': more over fewer")
    .option('--batch-size <n>', 'rows in a batch')
    .option('--learning-rate <rate>', 'highest learning rate')
    .addOption(
      new Option('--lr-scheduler-type <type>', 'how the rate falls after the warmup').choices([
        'linear',
        'cosine',
        'constant',
        'constant_with_warmup',
      ]),
    )
    .option('--warmup-ratio <share>', 'share of all updates over which the rate rises')
    .option('--weight-decay <rate>', 'decoupled weight decay', numberWithin(0, 1))
    .option(
      '--max-grad-norm <norm>',
      'gradients are scaled down to this norm',
      numberWithin(0, Number.POSITIVE_INFINITY),
    )
    .option('--gradient-accumulation-steps <n>', 'batches in one update', whole(1))
    .option('--max-length <n>', 'tokens of a pair')
    .option('--max-steps <n>', 'updates at most', whole(1))
    .option('--seed <n>', 'decides order, dropout and drawn negatives', whole())
    .option(
      '--early-stopping-patience <n>',
      'evaluations without improvement before it stops',
      whole(1),
    )
    .option('--resume [run]', 'go on with the newest run that did not finish, or with this one')
    .addHelpText(
      'after',
      `
Examples:
  $ reranker train --loss softmax
  $ reranker train --loss BinaryCrossEntropyLoss --loss-parameter posWeight=4 --epochs 2
  $ reranker train --resume`,
    )
    .action(runs(async () => (await import('../work/train.js')).train));
}
