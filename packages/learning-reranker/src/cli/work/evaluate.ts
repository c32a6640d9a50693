/** Evaluates models on held-out queries over real candidate lists. */

import {
  type ComparedModels,
  type ComparisonRequest,
  compareModels,
} from '../../comparison/compare-models.js';
import { evaluationTable } from '../../comparison/index.js';
import { reportOf } from '../../operations/evaluate.js';
import type { ModelDtype } from '../../processes/model-scorer.js';
import { type ModelManifest, type ResolvedModel, resolveModel } from '../../registry/index.js';
import type { CommandAction, CommandContext } from '../command.js';
import { Progress } from '../progress.js';
import { evaluateThere } from './evaluate-there.js';
import { runningService } from './service-connection.js';

interface EvaluateOptions {
  readonly model: string;
  readonly against: string;
  readonly dataset?: string;
  readonly split: 'dev' | 'test';
  readonly limit?: number;
  readonly dtype: ModelDtype;
}

export const evaluate: CommandAction<EvaluateOptions> = async (context, options) => {
  const { dataDir } = context.settings;
  const { split, limit, dtype, dataset } = options;
  // The service knows models by name and computes as it serves; the rest is done here.
  const isNamed = ![options.model, options.against].some((name) => name.includes('/'));
  const service = isNamed && dtype === 'fp32' ? await runningService(context) : null;
  if (service) {
    const { model, against } = options;
    return evaluateThere(context, service, { model, against, split, dataset, limit });
  }
  const model = await resolveModel(dataDir, options.model);
  const against = await resolveModel(dataDir, options.against);
  const compared = await compareShowing(context, model, against, { split, limit, dtype, dataset });
  const { evaluation, decision, againstSearch } = compared;
  context.print(evaluationTable(evaluation));
  context.print(`\n${blendAdvice(context, compared)}`);
  for (const { manifest } of model.id === against.id ? [model] : [model, against]) {
    if (manifest) context.print(provenance(manifest));
  }
  context.print(`\n${model.id} against BM25: ${againstSearch.reason}`);
  if (decision) context.print(`${model.id} against ${against.id}: ${decision.reason}`);
  if (decision?.promoted) context.print(`Next: reranker promote ${model.id}`);
  return reportOf(model, against, split, compared);
};

/** Compares two models with the settings in force and shows how far it is. */
export async function compareShowing(
  context: CommandContext,
  model: ResolvedModel,
  against: ResolvedModel,
  options: Pick<
    ComparisonRequest,
    'split' | 'limit' | 'devLimit' | 'dataset' | 'minimumQueries'
  > & { readonly dtype?: ModelDtype },
): Promise<ComparedModels> {
  const { settings, signal } = context;
  const { dtype = 'fp32', ...request } = options;
  const bars = new Map<string, Progress>();
  try {
    return await compareModels({
      ...request,
      dataDir: settings.dataDir,
      tripletsPath: settings.tripletsPath,
      model,
      against,
      alpha: settings.alpha,
      scorer: { dtype, maxLength: settings.maxLength, batchSize: settings.batch },
      signal,
      onProgress: (id, done, total) => {
        const bar = bars.get(id) ?? new Progress(`score with ${id}`);
        bars.set(id, bar);
        if (done < total) bar.update({ share: done / total, text: `${done}/${total} pairs` });
        else bar.done(`${total} pairs`);
      },
    });
  } finally {
    for (const bar of bars.values()) bar.stop();
  }
}

/** Which weight was found best and which one is served. */
export function blendAdvice(
  { settings }: Pick<CommandContext, 'settings'>,
  { bestAlpha, servedAlpha }: ComparedModels,
): string {
  if (bestAlpha === null)
    return `alpha ${servedAlpha}: there are no dev queries to find the best on`;
  const best = `Best weight of the model's score on the dev queries: ${bestAlpha}`;
  if (settings.alpha === 'auto') return `${best}; served, as AGRO_RERANKER_ALPHA is auto`;
  return `${best}; ${servedAlpha} is served (AGRO_RERANKER_ALPHA=auto would serve the best)`;
}

/** Which loss, data, base and seed made a model. */
export function provenance(manifest: ModelManifest): string {
  const { id, loss, datasetHash, base, seed } = manifest;
  const parameters = Object.entries(loss.parameters).map(([name, value]) => `${name} ${value}`);
  const named = parameters.length > 0 ? ` (${parameters.join(', ')})` : '';
  return `${id}: ${loss.name}${named}, dataset ${datasetHash}, from ${base}, seed ${seed}`;
}
