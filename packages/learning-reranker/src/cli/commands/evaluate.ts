/** `reranker evaluate`: compares a model with another on held-out queries. */
import type { Command } from 'commander';
import { evaluationTable } from '../../comparison/index.js';
import { type EvaluationReport, evaluate as operation } from '../../operations/evaluate.js';
import { fieldsOf } from '../../operations/request-fields.js';
import type { CommandContext } from '../command.js';
import { runsOperation } from '../run-operation.js';
import { addOptions, requestFrom } from '../schema-options.js';

export function evaluate(command: Command): void {
  const fields = fieldsOf(operation.localSchema ?? operation.schema);
  addOptions(command, fields);
  command
    .addHelpText(
      'after',
      '\nExamples:\n  $ reranker evaluate --model 20261123T161500Z-softmax --against live\n  $ reranker evaluate --json',
    )
    .action(
      runsOperation<Readonly<Record<string, unknown>>, EvaluationReport>('evaluate', {
        request: (options) => requestFrom(fields, options),
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

/** Prints the table of metrics, and the weights of the blend. */
export function showReport(report: EvaluationReport, { print }: CommandContext): void {
  const { evaluation: hash, queries, recall_at_depth: recallAtDepth, systems } = report;
  print(evaluationTable({ hash, queries, recallAtDepth, systems }));
  const { best_alpha: best, served_alpha: served } = report;
  print(
    best === null
      ? `\nBlend: alpha ${served} is served. There are no dev queries to find a better one with.`
      : `\nBlend: alpha ${served} is served; alpha ${best} is best on the dev queries.`,
  );
}
