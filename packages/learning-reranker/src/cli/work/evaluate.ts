/** Evaluates models on held-out queries over real candidate lists. */
import { findLoss } from '@learning-reranker/cross-encoder';
import {
  bestAlpha,
  blendLists,
  type CandidateList,
  candidateLists,
  decidePromotion,
  type Evaluation,
  evaluateSystems,
  evaluationTable,
  type GateDecision,
  retrievalScores,
  scoreLists,
} from '../../comparison/index.js';
import { findSnapshot, readSnapshot } from '../../datasets/index.js';
import {
  type ModelManifest,
  type ResolvedModel,
  resolveModel,
  updateManifest,
} from '../../registry/index.js';
import { type ModelDtype, ModelScorer } from '../../runs/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { UsageError } from '../failure.js';
import { Progress } from '../progress.js';

interface EvaluateOptions {
  readonly model: string;
  readonly against: string;
  readonly dataset?: string;
  readonly split: string;
  readonly limit?: number;
  readonly dtype: string;
}

export const evaluate: CommandAction<EvaluateOptions> = async (context, options) => {
  const { settings } = context;
  if (options.split !== 'dev' && options.split !== 'test') {
    throw new UsageError(`--split: expected dev or test, got '${options.split}'`);
  }
  if (options.dtype !== 'fp32' && options.dtype !== 'int8') {
    throw new UsageError(`--dtype: expected fp32 or int8, got '${options.dtype}'`);
  }
  const model = await resolveModel(settings.dataDir, options.model);
  const against = await resolveModel(settings.dataDir, options.against);
  const compared = await compareModels(context, model, against, {
    split: options.split,
    limit: options.limit,
    dtype: options.dtype,
    dataset: options.dataset,
  });
  context.print(evaluationTable(compared.evaluation));
  for (const one of [model, against]) if (one.manifest) context.print(provenance(one.manifest));
  context.print(`${model.id} against ${against.id}: ${compared.decision.reason}`);
  return {
    model: model.id,
    against: against.id,
    provenance: model.manifest && provenanceOf(model.manifest),
    alpha: compared.alpha,
    evaluation: compared.evaluation,
    decision: compared.decision,
  };
};

export interface ComparedModels {
  readonly evaluation: Evaluation;
  readonly decision: GateDecision;
  /** The blend weight found best for the model on the dev queries. */
  readonly alpha: number;
}

export interface CompareOptions {
  readonly split: 'dev' | 'test';
  readonly limit?: number | undefined;
  readonly dtype?: ModelDtype;
  readonly dataset?: string | undefined;
}

/** What a list is called in the table. */
const BM25 = 'BM25';

/**
 * Both models, BM25 and the blend that would be served, on the same candidate lists. The blend weight
 * is chosen on the dev queries; what is shown is measured on the split asked for.
 */
export async function compareModels(
  context: CommandContext,
  model: ResolvedModel,
  against: ResolvedModel,
  { split, limit, dtype = 'fp32', dataset }: CompareOptions,
): Promise<ComparedModels> {
  const { settings } = context;
  const { path } = await findSnapshot(settings.dataDir, dataset ?? model.manifest?.datasetHash);
  const { evaluation: samples, corpus } = await readSnapshot(path);
  const listsOf = (which: 'dev' | 'test') =>
    candidateLists(
      samples.filter((sample) => sample.split === which),
      corpus,
      { limit },
    );
  const lists = listsOf(split);
  const devLists = split === 'dev' ? lists : listsOf('dev');
  const scorer = (one: ResolvedModel) => ({ context, model: one, dtype });
  const own = await scoresOf(scorer(model), [...devLists, ...(split === 'dev' ? [] : lists)]);
  const devScores = own.slice(0, devLists.length);
  const modelScores = split === 'dev' ? devScores : own.slice(devLists.length);
  const alpha = devLists.length > 0 ? bestAlpha(devLists, devScores) : 1;
  const scores = new Map([
    [BM25, retrievalScores(lists)],
    [model.id, modelScores],
    [`${model.id} blended, alpha ${alpha}`, blendLists(lists, modelScores, alpha)],
  ]);
  if (against.id !== model.id) scores.set(against.id, await scoresOf(scorer(against), lists));
  const evaluation = evaluateSystems(lists, scores);
  const ndcgOf = (system: string) =>
    evaluation.systems.find((result) => result.system === system)?.ndcgPerQuery ?? [];
  const decision = decidePromotion(ndcgOf(model.id), ndcgOf(against.id));
  if (model.manifest && split === 'test') {
    await updateManifest(model.path, {
      blendAlpha: alpha,
      evaluation: {
        hash: evaluation.hash,
        split,
        systems: evaluation.systems.map(({ system, n, metrics }) => ({
          system,
          n,
          metrics: { ...metrics },
        })),
      },
    });
  }
  return { evaluation, decision, alpha };
}

async function scoresOf(
  { context, model, dtype }: { context: CommandContext; model: ResolvedModel; dtype: ModelDtype },
  lists: readonly CandidateList[],
): Promise<number[][]> {
  const progress = new Progress(`score with ${model.id}`);
  const scorer = await ModelScorer.open(model.path, {
    dtype,
    maxLength: context.settings.maxLength,
    batchSize: context.settings.batch,
  });
  try {
    const scores = await scoreLists(lists, scorer, {
      signal: context.signal,
      onProgress: (done, total) =>
        progress.update({ share: done / total, text: `${done}/${total} pairs` }),
    });
    progress.done(`${lists.reduce((sum, { candidates }) => sum + candidates.length, 0)} pairs`);
    return scores;
  } catch (error) {
    progress.stop();
    throw error;
  } finally {
    scorer.close();
  }
}

/** Which loss, data, base and seed made a model. */
export function provenanceOf({ id, loss, datasetHash, base, seed }: ModelManifest) {
  return { id, loss: loss.name, parameters: loss.parameters, datasetHash, base, seed };
}

export function provenance(manifest: ModelManifest): string {
  const { id, loss, datasetHash, base, seed } = manifest;
  return `${id}: ${findLoss(loss.name).name}, dataset ${datasetHash}, from ${base}, seed ${seed}`;
}
