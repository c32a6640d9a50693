/** The last evaluation, whichever job made it; its model, its loss and what it measured. */
import { listModels, type SystemMetrics } from '../registry/index.js';
import type { EvaluationReport, Job } from '../runs/index.js';
import type { ServiceContext } from './context.js';

export interface LastEvaluation {
  /** Null where no job made it, but a command that ran while no service did. */
  readonly timestamp: string | null;
  readonly model: string;
  readonly loss: string | null;
  /** Only equal evaluations compare. */
  readonly evaluation: string;
  readonly dataset: string;
  readonly queries: number;
  readonly metrics: SystemMetrics['metrics'];
  readonly report: EvaluationReport | null;
}

/** Evaluations stand alone or inside a promotion or a cycle. */
const KINDS = ['evaluate', 'promote', 'cycle', 'demo'] as const;

export async function lastEvaluation({
  jobs,
  settings,
}: Pick<ServiceContext, 'jobs' | 'settings'>): Promise<LastEvaluation | null> {
  const ended = await Promise.all(
    KINDS.map((kind) => jobs.list({ status: 'succeeded', kind, limit: 20 })),
  );
  const newest = ended
    .flat()
    .filter(({ result }) => reportOf(result) !== null)
    .reduce<Job | null>((last, one) => (last && endOf(last) >= endOf(one) ? last : one), null);
  return newest ? ofJob(newest) : ofNewestModel(settings.dataDir);
}

const endOf = ({ finished }: Job) => finished?.getTime() ?? 0;

function reportOf(result: unknown): EvaluationReport | null {
  if (typeof result !== 'object' || result === null) return null;
  if ('systems' in result) return result as EvaluationReport;
  return 'report' in result ? reportOf(result.report) : null;
}

function ofJob({ result, finished }: Job): LastEvaluation | null {
  const report = reportOf(result);
  const own = report?.systems.find(({ system }) => system === report.model);
  if (!report || !own) return null;
  const { model, loss, evaluation, dataset, queries } = report;
  const timestamp = finished?.toISOString() ?? null;
  return { timestamp, model, loss, evaluation, dataset, queries, metrics: own.metrics, report };
}

async function ofNewestModel(dataDir: string): Promise<LastEvaluation | null> {
  for (const { manifest } of await listModels(dataDir)) {
    const { id, loss, evaluation, datasetHash } = manifest;
    const own = evaluation?.systems.find(({ system }) => system === id);
    if (!evaluation || !own) continue;
    return {
      timestamp: null,
      model: id,
      loss: loss.name,
      evaluation: evaluation.hash,
      dataset: datasetHash,
      queries: own.n,
      metrics: own.metrics,
      report: null,
    };
  }
  return null;
}

/** Metrics under the names that clients of the older product read. */
export function knownMetrics(metrics: LastEvaluation['metrics']) {
  const mean = (name: string) => metrics[name]?.mean ?? null;
  return {
    mrr: mean('MRR@10'),
    ndcg_at_10: mean('NDCG@10'),
    hit_at_1: mean('Hit@1'),
    hit_at_3: mean('Hit@3'),
    hit_at_5: mean('Hit@5'),
    hit_at_10: mean('Hit@10'),
  };
}
