/** `reranker runs`, `reranker cycle`: the service's jobs. */
import { type Command, Option } from 'commander';
import { runs } from '../command.js';
import { clickModelOption, teacherOption, whole } from '../option-values.js';

export function registerRuns(program: Command): void {
  const all = program
    .command('runs')
    .description('jobs: what waits, runs and ended, with what came of it')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'queued',
        'running',
        'succeeded',
        'failed',
        'cancelled',
      ]),
    )
    .option('--limit <n>', 'at most; 20 when not given', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker runs\n  $ reranker runs follow <id>\n  $ reranker runs cancel <id>',
    )
    .action(runs(async () => (await import('../work/runs.js')).listRuns));
  for (const { name, does, load } of [
    {
      name: 'show',
      does: 'one job and its result',
      load: async () => (await import('../work/runs.js')).showRun,
    },
    {
      name: 'follow',
      does: 'wait for its end; Ctrl-C stops the waiting, not the job',
      load: async () => (await import('../work/runs.js')).follow,
    },
    {
      name: 'cancel',
      does: 'stop it; a training keeps its checkpoint',
      load: async () => (await import('../work/runs.js')).cancelRun,
    },
    {
      name: 'retry',
      does: 'do one that has ended once more',
      load: async () => (await import('../work/runs.js')).retryRun,
    },
  ]) {
    all
      .command(name)
      .argument('<id>', 'as reranker runs shows it')
      .description(does)
      .addHelpText('after', `\nExample:\n  $ reranker runs ${name} <id>`)
      .action(runs(load));
  }
  program
    .command('cycle')
    .argument('[folders...]', 'source code to mine; what people clicked and rated when not given')
    .description('mine, train, evaluate, and promote what passes the gate, as one job')
    .option('--loss <name>', 'softmax, bce, mnr, margin-mse or a class name (AGRO_RERANKER_LOSS)')
    .addOption(clickModelOption())
    .addOption(teacherOption())
    .option('--propose', 'only say what passed')
    .option('--limit <n>', 'held-out queries at most', whole(1))
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker cycle\n  $ reranker cycle ./src --loss bce --propose',
    )
    .action(runs(async () => (await import('../work/runs.js')).cycle));
}
