/** Compares a model with another on held-out queries, each model in a process of its own. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { findSnapshot, newestSnapshot, readSnapshot } from '../datasets/index.js';
import type { WorkTools } from '../processes/heavy-work.js';
import { ModelScorer, type ModelScorerOptions } from '../processes/model-scorer.js';
import { type ResolvedModel, readLive, updateManifest } from '../registry/index.js';
import { bestAlpha, blendLists, servedAlpha } from './blend.js';
import { type CandidateList, candidateLists } from './candidates.js';
import { decideAsServed, decidePromotion, type GateDecision } from './gate.js';
import { scoreLists } from './scoring.js';
import { type Evaluation, evaluateSystems, retrievalScores } from './systems.js';

export interface ComparisonRequest {
  readonly dataDir: string;
  /** The file of mined records when it is not in the data folder. */
  readonly tripletsPath: string | null;
  readonly model: ResolvedModel;
  readonly against: ResolvedModel;
  readonly split: 'dev' | 'test';
  /** The weight to serve with: a number, or the one found best on the dev queries. */
  readonly alpha: number | 'auto';
  /** Queries at most, chosen by hash; all when absent. */
  readonly limit?: number | undefined;
  /** Dev queries at most to find the best weight on; 200 when absent. */
  readonly devLimit?: number | undefined;
  /** A dataset's hash or its beginning; when absent the one the model was trained on, or the newest. */
  readonly dataset?: string | undefined;
  readonly minimumQueries?: number | undefined;
  readonly scorer?: ModelScorerOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (model: string, done: number, total: number) => void;
  /** Opens a model; in a child process when absent. */
  readonly open?: (model: ResolvedModel) => Promise<PairScorer & { close(): void }>;
}

export interface ComparedModels {
  readonly datasetHash: string;
  readonly evaluation: Evaluation;
  /** NDCG@10 of the model against the other, both as served; null when they are the same model. */
  readonly decision: GateDecision | null;
  /** The model, as served, against BM25's own order. */
  readonly againstSearch: GateDecision;
  /** The weight found best for the model on the dev queries, now or when it went live; null without such queries. */
  readonly bestAlpha: number | null;
  /** The weight of the blend in the results: the one that would be served. */
  readonly servedAlpha: number;
}

/** BM25's own order in the results. */
const SEARCH = 'BM25';
const DEV_LIMIT = 200;

/**
 * Reranks the BM25 candidates of held-out queries: BM25 alone, both models alone, and their blends as they
 * would be served. Finds the best blend weight on dev queries, and writes it and the metrics of the test
 * queries into the model's manifest. A live model keeps its weight when `limit` is set.
 *
 * @throws {ComparisonError} without held-out queries; {SnapshotError} {ReportedError} {ChildProcessError}
 */
export async function compareModels(request: ComparisonRequest): Promise<ComparedModels> {
  const { model, against, split, alpha, minimumQueries } = request;
  const { datasetHash, lists, devLists } = await heldOutLists(request);

  const own = await scoreModel(request, model, lists, devLists);
  const best = (await keptWeight(request)) ?? bestWeight(devLists, own.dev);
  const served = servedAlpha(alpha, best);
  const systems = new Map([[SEARCH, retrievalScores(lists)]]);
  const ownNames = addSystems(systems, model.id, lists, own.main, served);
  let otherNames: typeof ownNames | null = null;
  if (against.id !== model.id) {
    const other = await scoreModel(request, against, lists, alpha === 'auto' ? devLists : []);
    const weight = servedAlpha(alpha, bestWeight(devLists, other.dev));
    otherNames = addSystems(systems, against.id, lists, other.main, weight);
  }

  const evaluation = evaluateSystems(lists, systems);
  if (model.manifest && split === 'test') {
    await updateManifest(model.path, { blendAlpha: best, evaluation: recorded(evaluation, split) });
  }
  const ndcgOf = (name: string) =>
    evaluation.systems.find(({ system }) => system === name)?.ndcgPerQuery ?? [];
  return {
    datasetHash,
    evaluation,
    decision:
      otherNames &&
      decideAsServed(
        { candidate: ndcgOf(ownNames.served), live: ndcgOf(otherNames.served) },
        { candidate: ndcgOf(ownNames.alone), live: ndcgOf(otherNames.alone) },
        minimumQueries,
      ),
    againstSearch: decidePromotion(ndcgOf(ownNames.served), ndcgOf(SEARCH), minimumQueries),
    bestAlpha: best,
    servedAlpha: served,
  };
}

/** `compareModels` as it runs in a child process. Both models score nearly the same pairs, so each is half of the work. */
export function compareWithProgress(
  request: Omit<ComparisonRequest, 'signal' | 'onProgress' | 'open'>,
  { signal, emit }: WorkTools,
): Promise<ComparedModels> {
  const models = new Set([request.model.id, request.against.id]);
  return compareModels({
    ...request,
    signal,
    onProgress: (id, done, total) =>
      emit({
        share: ([...models].indexOf(id) + done / total) / models.size,
        message: `${id}: ${done} of ${total} pairs`,
      }),
  });
}

async function heldOutLists(request: ComparisonRequest) {
  const { dataDir, model, split, limit, devLimit = DEV_LIMIT } = request;
  const dataset = request.dataset ?? model.manifest?.datasetHash;
  const found =
    dataset === undefined ? await newestSnapshot(request) : await findSnapshot(dataDir, dataset);
  const { evaluation: samples, corpus } = await readSnapshot(found.path);
  const listsOf = (which: 'dev' | 'test', most: number | undefined) =>
    candidateLists(
      samples.filter((sample) => sample.split === which),
      corpus,
      { limit: most },
    );
  return {
    datasetHash: found.manifest.hash,
    lists: listsOf(split, limit),
    devLists: listsOf('dev', Math.min(limit ?? devLimit, devLimit)),
  };
}

/** Scores both sets of lists with one model, and the lists they share once. */
async function scoreModel(
  { open, scorer = {}, signal, onProgress }: ComparisonRequest,
  model: ResolvedModel,
  lists: readonly CandidateList[],
  devLists: readonly CandidateList[],
): Promise<{ main: number[][]; dev: number[][] }> {
  const placeOf = new Map(lists.map(({ query }, at) => [query, at]));
  const further = devLists.filter(({ query }) => !placeOf.has(query));
  for (const [at, { query }] of further.entries()) placeOf.set(query, lists.length + at);
  const opened = await (open?.(model) ?? ModelScorer.open(model.path, scorer));
  try {
    const all = await scoreLists([...lists, ...further], opened, {
      signal,
      onProgress: (done, total) => onProgress?.(model.id, done, total),
    });
    return {
      main: all.slice(0, lists.length),
      dev: devLists.map(({ query }) => all[placeOf.get(query) as number] as number[]),
    };
  } finally {
    opened.close();
  }
}

/** The weight of a live model: an evaluation of only some queries does not change it. */
async function keptWeight({ dataDir, model, limit }: ComparisonRequest): Promise<number | null> {
  if (limit === undefined || !model.manifest) return null;
  return (await readLive(dataDir)).id === model.id ? model.manifest.blendAlpha : null;
}

function bestWeight(devLists: readonly CandidateList[], scores: readonly (readonly number[])[]) {
  return scores.length > 0 ? bestAlpha(devLists, scores) : null;
}

/** Adds a model's own ranking and its blend with BM25, and returns their names in the results. */
function addSystems(
  systems: Map<string, number[][]>,
  id: string,
  lists: readonly CandidateList[],
  scores: number[][],
  alpha: number,
) {
  const names = { alone: id, served: `${id} with BM25, alpha ${alpha}` };
  systems.set(names.alone, scores);
  systems.set(names.served, blendLists(lists, scores, alpha));
  return names;
}

function recorded({ hash, systems }: Evaluation, split: 'dev' | 'test') {
  const results = systems.map(({ system, n, metrics }) => ({ system, n, metrics: { ...metrics } }));
  return { hash, split, time: new Date().toISOString(), systems: results };
}
