/** The last evaluation, of a job or of a command without a service. */
import type { Job } from '../jobs/queue.js';
import type { EvaluationReport } from '../operations/evaluate.js';
import { operationNames } from '../operations/index.js';
import { listModels, type ModelManifest, type SystemMetrics } from '../registry/index.js';
import type { ServiceContext } from './context.js';

export interface LastEvaluation {
  /** Null for an evaluation by a command of an older version. */
  readonly timestamp: string | null;
  readonly model: string;
  readonly loss: string | null;
  /** Identifies the queries and candidate lists. Only equal evaluations are comparable. */
  readonly evaluation: string;
  readonly dataset: string;
  readonly queries: number;
  readonly metrics: SystemMetrics['metrics'];
  readonly report: EvaluationReport | null;
}

export async function lastEvaluation({
  jobs,
  settings,
}: Pick<ServiceContext, 'jobs' | 'settings'>): Promise<LastEvaluation | null> {
  const ended = await Promise.all(
    operationNames().map((kind) => jobs.list({ status: 'succeeded', kind, limit: 20 })),
  );
  const newest = ended
    .flat()
    .filter(({ result }) => reportOf(result) !== null)
    .reduce<Job | null>((last, one) => (last && endOf(last) >= endOf(one) ? last : one), null);
  const ofNewest = newest && ofJob(newest);
  const recorded = await lastRecorded(settings.dataDir);
  // A job writes its evaluation into the manifest shortly before it ends.
  const isLater = (recorded?.timestamp ?? '') > (ofNewest?.timestamp ?? '');
  return ofNewest && !isLater ? ofNewest : recorded;
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

/** The last evaluation in the manifests of models; without times, that of the newest model. */
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

/** Metrics under the names that clients of the older product use. */
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
