/** Promotion as a job: through the gate, or by force, which the history says. */
import { z } from 'zod';
import {
  LiveChangedError,
  promote as makeLive,
  promotableModel,
  readLive,
} from '../registry/index.js';
import { type EvaluationReport, runEvaluation } from './evaluate.js';
import { modelNameSchema } from './model-name.js';
import { defineJob, type JobContext } from './operation.js';

export const promoteRequestSchema = z
  .strictObject({
    model: modelNameSchema,
    force: z.boolean().default(false).describe('without a comparison; the history will say so'),
    limit: z.int().min(1).optional(),
  })
  .meta({ id: 'PromoteRequest' });

/** Where others go live again and again while this one is compared. */
const MOST_COMPARISONS = 3;

export type PromoteRequest = z.output<typeof promoteRequestSchema>;

export const promote = defineJob(promoteRequestSchema, (request, context) =>
  runPromotion(request, context),
);

export type PromotionReport = Awaited<ReturnType<typeof runPromotion>>;

export async function runPromotion(
  { model: name, force, limit }: PromoteRequest,
  context: JobContext,
) {
  const { dataDir } = context.settings;
  const before = await promotedBefore(context);
  if (before) return before;
  const model = await promotableModel(dataDir, name);
  if (force) {
    const reason = 'forced, without a comparison';
    const row = await makeLive(dataDir, model.id, { forced: true, reason });
    return { promoted: true as const, forced: true, ...row };
  }
  for (let comparison = 1; ; comparison++) {
    const report = await runEvaluation(
      { model: model.id, against: 'live', split: 'test', ...(limit !== undefined && { limit }) },
      context,
    );
    const { against: over, decision } = report;
    const reason = decision?.reason ?? '';
    context.signal.throwIfAborted();
    if (!decision?.promoted) return { promoted: false as const, live: over, reason, report };
    try {
      const row = await makeLive(dataDir, model.id, { reason, over });
      return { promoted: true as const, forced: false, ...row, report };
    } catch (error) {
      if (!(error instanceof LiveChangedError) || comparison === MOST_COMPARISONS) throw error;
      void context.say('note', { text: error.message });
    }
  }
}

/**
 * What an earlier worker did for this job before it was gone: a model that is live for the very reason
 * that the job's comparison gave.
 */
async function promotedBefore(context: JobContext) {
  const evaluation = await context.lastEvent('evaluation');
  if (!evaluation) return null;
  const report = evaluation.data as EvaluationReport;
  const { move: row } = await readLive(context.settings.dataDir);
  if (row?.action !== 'promote' || row.to !== report.model || row.from !== report.against)
    return null;
  if (row.reason !== report.decision?.reason) return null;
  return { promoted: true as const, forced: false, ...row, report };
}
