/** The last evaluation, whether a job made it or a command without a service; its model, its loss and what it measured. */

import type { Job } from '../jobs/queue.js';
import type { EvaluationReport } from '../operations/evaluate.js';
import { listModels, type ModelManifest, type SystemMetrics } from '../registry/index.js';
import type { ServiceContext } from './context.js';

export interface LastEvaluation {
  /** Null where an older version's command made it. */
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
  const told = newest && ofJob(newest);
  const recorded = await lastRecorded(settings.dataDir);
  // A job's own evaluation stands in the manifest from a moment before the job's end.
  const isLater = (recorded?.timestamp ?? '') > (told?.timestamp ?? '');
  return told && !isLater ? told : recorded;
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

/** The last of those that stand in the models' manifests; of those without a time that of the newest model. */
async function lastRecorded(dataDir: string): Promise<LastEvaluation | null> {
  const recorded = (await listModels(dataDir)).flatMap(({ manifest }) => ofManifest(manifest));
  return recorded.reduce<LastEvaluation | null>(
    (last, one) => (last && (last.timestamp ?? '') >= (one.timestamp ?? '') ? last : one),
    null,
  );
}

function ofManifest({ id, loss, evaluation, datasetHash }: ModelManifest): LastEvaluation[] {
  const own = evaluation?.systems.find(({ system }) => system === id);
  if (!evaluation || !own) return [];
  const { hash, time = null } = evaluation;
  return [
    {
      timestamp: time,
      model: id,
      loss: loss.name,
      evaluation: hash,
      dataset: datasetHash,
      queries: own.n,
      metrics: own.metrics,
      report: null,
    },
  ];
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
