/** An evaluation as a job: a model against another on held-out queries, with what made it. */
import { z } from 'zod';
import { type ComparedModels, compareWithProgress } from '../comparison/compare-models.js';
import { inChildProcess, type WorkProgress } from '../processes/heavy-work.js';
import { type ResolvedModel, resolveModel } from '../registry/index.js';
import { modelNameSchema } from './model-name.js';
import { defineJob, type JobContext } from './operation.js';

export const evaluateRequestSchema = z
  .strictObject({
    model: modelNameSchema
      .optional()
      .describe("'live', 'starter' or a model id; the live one if absent"),
    against: modelNameSchema.optional().describe('the starter if absent'),
    dataset: z
      .string()
      .regex(/^[0-9a-f]{4,16}$/)
      .optional(),
    split: z.enum(['dev', 'test']).default('test'),
    limit: z.int().min(1).optional().describe('queries at most, chosen by hash'),
  })
  .meta({ id: 'EvaluateRequest' });

const compareInChild = inChildProcess(
  new URL('../comparison/compare-models.js', import.meta.url).href,
  compareWithProgress,
);

export type EvaluateRequest = z.output<typeof evaluateRequestSchema>;

export const evaluate = defineJob(evaluateRequestSchema, (request, context) =>
  runEvaluation(request, context),
);

export type EvaluationReport = ReturnType<typeof reportOf>;

/** The report of a comparison, as it is stored with the job: the loss that made the model stands in it. */
export async function runEvaluation(request: EvaluateRequest, context: JobContext) {
  const { settings, signal } = context;
  const [candidate, against] = await Promise.all(
    [request.model ?? 'live', request.against ?? 'starter'].map((name) =>
      resolveModel(settings.dataDir, name),
    ),
  );
  if (!candidate || !against) throw new Error('both models are resolved or refused');
  const compared = await compareInChild(
    {
      dataDir: settings.dataDir,
      tripletsPath: settings.tripletsPath,
      model: candidate,
      against,
      split: request.split,
      alpha: settings.alpha,
      limit: request.limit,
      dataset: request.dataset,
      scorer: { maxLength: settings.maxLength, batchSize: settings.batch },
    },
    { signal, onProgress: withEta(context.progress) },
  );
  const report = reportOf(candidate, against, request.split, compared);
  await context.say('evaluation', report);
  return report;
}

/** Pair by pair the same is done: what is left takes as long as what was done. */
function withEta(progress: JobContext['progress']): (now: WorkProgress) => void {
  const began = Date.now();
  return ({ share = 0, message = '' }) =>
    progress({
      share,
      message,
      etaSeconds: share > 0 ? ((Date.now() - began) / 1000) * ((1 - share) / share) : null,
    });
}

/** What every door tells of a comparison. */
export function reportOf(
  candidate: ResolvedModel,
  against: ResolvedModel,
  split: 'dev' | 'test',
  compared: ComparedModels,
) {
  const { evaluation, decision, againstSearch, bestAlpha, servedAlpha, datasetHash } = compared;
  return {
    model: candidate.id,
    loss: candidate.loss,
    base: candidate.manifest?.base ?? null,
    seed: candidate.manifest?.seed ?? null,
    against: against.id,
    against_loss: against.loss,
    dataset: datasetHash,
    split,
    evaluation: evaluation.hash,
    queries: evaluation.queries,
    recall_at_depth: evaluation.recallAtDepth,
    best_alpha: bestAlpha,
    served_alpha: servedAlpha,
    systems: evaluation.systems.map(({ system, n, metrics }) => ({ system, n, metrics })),
    decision,
    against_search: againstSearch,
  };
}
