/** `reranker evaluate`: compares a model with another on held-out queries. */
import { type Command, Option } from 'commander';
import { evaluationTable } from '../../comparison/index.js';
import type { EvaluationReport } from '../../operations/evaluate.js';
import type { ModelDtype } from '../../processes/model-scorer.js';
import type { CommandContext } from '../command.js';
import { dtypeOption, whole } from '../option-values.js';
import { runsOperation } from '../run-operation.js';

interface EvaluateOptions {
  readonly model: string;
  readonly against: string;
  readonly dataset?: string;
  readonly split: 'dev' | 'test';
  readonly limit?: number;
  readonly dtype: ModelDtype;
}

export function evaluate(command: Command): void {
  command
    .option('--model <name>', "'live', 'starter', a model id or a folder", 'live')
    .option('--against <name>', 'the model to compare with, query by query', 'starter')
    .option('--dataset <hash>', 'a dataset; the one that the model was trained on when absent')
    .addOption(
      new Option('--split <split>', 'which held-out queries')
        .choices(['dev', 'test'])
        .default('test'),
    )
    .option('--limit <n>', 'the most queries, chosen by hash', whole(1))
    .addOption(dtypeOption())
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker evaluate --model 20261123T161500Z-softmax --against live\n  $ reranker evaluate --json',
    )
    .action(
      runsOperation<EvaluateOptions, EvaluationReport>('evaluate', {
        request: ({ model, against, dataset, split, limit, dtype }) => ({
          model,
          against,
          dataset,
          split,
          limit,
          ...(dtype !== 'fp32' && { dtype }),
        }),
        show: showEvaluation,
      }),
    );
}

function showEvaluation(report: EvaluationReport, context: CommandContext): void {
  showReport(report, context);
  const { model, against, loss, base, dataset, seed, decision, against_search: search } = report;
  if (base !== null) {
    context.print(`${model}: ${loss}, dataset ${dataset}, from ${base}, seed ${seed}`);
  }
  context.print(`\n${model} against BM25: ${search.reason}`);
  if (decision) context.print(`${model} against ${against}: ${decision.reason}`);
  if (decision?.promoted) context.print(`Next: reranker promote ${model}`);
}

/** The table of metrics, and the weights of the blend. */
export function showReport(report: EvaluationReport, { print }: CommandContext): void {
  const { evaluation: hash, queries, recall_at_depth: recallAtDepth, systems } = report;
  print(evaluationTable({ hash, queries, recallAtDepth, systems }));
  const { best_alpha: best, served_alpha: served } = report;
  print(
    best === null
      ? `\nBlend: alpha ${served} is served. There are no dev queries to find a better one on.`
      : `\nBlend: alpha ${served} is served; alpha ${best} is best on the dev queries.`,
  );
}
