/** Evaluation and promotion by a running service, shown as those of this process are. */
import { styleText } from 'node:util';
import { evaluationTable } from '../../comparison/index.js';
import type { EvaluationReport } from '../../operations/evaluate.js';
import type { PromotionReport } from '../../operations/promote.js';
import type { CommandContext } from '../command.js';
import { EXIT } from '../failure.js';
import { runJobThere } from './run-job.js';
import type { ServiceConnection } from './service-connection.js';

export async function evaluateThere(
  context: CommandContext,
  service: ServiceConnection,
  request: Readonly<Record<string, unknown>>,
): Promise<EvaluationReport> {
  const report = await runJobThere<EvaluationReport>(context, service, 'evaluate', request);
  showReport(context, report);
  const { model, against, loss, base, dataset, seed, decision, against_search: search } = report;
  if (base !== null) {
    context.print(`${model}: ${loss}, dataset ${dataset}, from ${base}, seed ${seed}`);
  }
  context.print(`\n${model} against BM25: ${search.reason}`);
  if (decision) context.print(`${model} against ${against}: ${decision.reason}`);
  if (decision?.promoted) context.print(`Next: reranker promote ${model}`);
  return report;
}

export async function promoteThere(
  context: CommandContext,
  service: ServiceConnection,
  request: Readonly<Record<string, unknown>>,
): Promise<PromotionReport> {
  const promotion = await runJobThere<PromotionReport>(context, service, 'promote', request);
  showPromotion(context, promotion);
  return promotion;
}

/** What a gate measured and decided. */
export function showPromotion(context: CommandContext, promotion: PromotionReport): void {
  if ('report' in promotion) showReport(context, promotion.report);
  if (promotion.promoted) {
    const { to, from, loss, reason } = promotion;
    context.print(`\n${styleText('green', 'live')} ${to} (${loss}; before: ${from}): ${reason}`);
    return;
  }
  context.print(
    `\n${styleText('yellow', 'not promoted')} ${promotion.reason}\n${promotion.live} stays live.`,
  );
  process.exitCode = EXIT.failed;
}

export function showReport(context: CommandContext, report: EvaluationReport): void {
  const { evaluation: hash, queries, recall_at_depth: recallAtDepth, systems } = report;
  context.print(evaluationTable({ hash, queries, recallAtDepth, systems }));
  const best = report.best_alpha === null ? 'none, without dev queries' : report.best_alpha;
  context.print(
    `\nWeight of the model's score: ${report.served_alpha} is served, best on the dev queries ${best}`,
  );
}
