/** `reranker demo`: the whole loop on the code of installed packages, in a data folder of its own. */
import { relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import type { DemoExample } from '../../operations/demo-measurements.js';
import type { PromotionReport } from '../../operations/promote.js';
import type { CommandContext } from '../command.js';
import { oneLine } from '../one-line.js';
import { lossOption } from '../option-values.js';
import { runsOperation } from '../run-operation.js';
import { showPromotion } from './promote.js';
import { showEvent } from './train.js';

interface DemoOptions {
  readonly fresh?: boolean;
}

type DemoResult = {
  readonly dataset: string;
  readonly model: string;
  readonly reused: boolean;
  readonly example: DemoExample | null;
} & PromotionReport;

export function demo(command: Command): void {
  command
    .argument('[folder]', 'a node_modules folder; the default is the nearest one')
    .addOption(lossOption())
    .option('--fresh', 'mine and train again instead of reusing the results of an earlier demo')
    .addHelpText('after', '\nExamples:\n  $ reranker demo\n  $ reranker demo --fresh --loss bce')
    .action(
      runsOperation<DemoOptions, DemoResult>('demo', {
        ownContext: inDemoFolder,
        request: ({ fresh }, [folder], { settings, print }) => {
          print(
            `${styleText('bold', 'Learning Reranker')}: the whole loop on the source code of this machine's installed packages.\n` +
              `All files stay in ${settings.dataDir}.\n`,
          );
          return { loss: settings.loss, fresh, folder };
        },
        onEvent: showDemoEvent,
        show: showDemo,
        interrupted: 'The demo stopped. Continue it with: reranker demo',
      }),
    );
}

/** The same settings in a data folder of its own. */
function inDemoFolder(context: CommandContext): CommandContext {
  const dataDir = resolve(context.settings.dataDir, 'demo');
  return { ...context, settings: { ...context.settings, dataDir, tripletsPath: null } };
}

function showDemoEvent(
  type: string,
  data: Readonly<Record<string, unknown>>,
  context: CommandContext,
): void {
  if (type === 'mined') {
    context.print(`mined ${data.records} training records and ${data.corpus} documents`);
  } else if (type === 'speed') {
    context.print(
      `dataset ${data.dataset}. This machine scores ${data.pairs_per_second} pairs per second. Training and evaluation take about three minutes.`,
    );
  } else if (type !== 'evaluation') showEvent(type, data, context);
}

function showDemo(result: DemoResult, context: CommandContext): void {
  const { model, reused, example } = result;
  if (reused) context.print(`Model ${model} exists already. Train another one with --fresh.`);
  context.print('');
  showPromotion(result, context);
  // A demo that ends without a promotion is a success.
  process.exitCode = undefined;
  if (example) context.print(sideBySide(example));
  const folder = relative(process.cwd(), context.settings.dataDir) || '.';
  const bold = (text: string) => styleText('bold', text);
  context.print(
    `\nLook around:  ${bold(`npx reranker models --data-dir ${folder}`)}  (history, rollback, rerank ...)\n` +
      `On your own code:  ${bold('npx reranker mine code ./src')}  then  ${bold('npx reranker train')}`,
  );
}

const ROWS = 5;

/** The first results of one query before and after, in two columns. The relevant document is marked. */
function sideBySide({ query, before, after, alpha }: DemoExample): string {
  const width = Math.max(30, Math.min(70, Math.floor(((process.stdout.columns ?? 120) - 10) / 2)));
  const cell = (document: DemoExample['before'][number] | undefined) => {
    const relevant = document?.relevant === true;
    const text = oneLine(document?.text ?? '', width - 2);
    const marked = `${relevant ? '>' : ' '} ${text}`.padEnd(width);
    return relevant ? styleText('green', marked) : marked;
  };
  const rows = Array.from(
    { length: ROWS },
    (_, rank) => ` ${rank + 1} ${cell(before[rank])}  ${cell(after[rank])}`,
  );
  const rankIn = (order: DemoExample['before']) => order.findIndex(({ relevant }) => relevant) + 1;
  return [
    `\nA held-out query: ${styleText('bold', oneLine(query, 2 * width))}`,
    `   ${'  before: BM25'.padEnd(width)}    after: the new model blended with BM25, alpha ${alpha}`,
    ...rows,
    `   The relevant document (>) moved from rank ${rankIn(before)} to rank ${rankIn(after)}.`,
  ].join('\n');
}
