/** Measures a model against another on held-out queries, each model in a process of its own. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { findSnapshot, newestSnapshot, readSnapshot } from '../datasets/index.js';
import type { WorkTools } from '../processes/heavy-work.js';
import { ModelScorer, type ModelScorerOptions } from '../processes/model-scorer.js';
import { type ResolvedModel, readLive, updateManifest } from '../registry/index.js';
import {
  bestAlpha,
  blendLists,
  type CandidateList,
  candidateLists,
  decideAsServed,
  decidePromotion,
  type Evaluation,
  evaluateSystems,
  type GateDecision,
  retrievalScores,
  type SystemResult,
  scoreLists,
  servedAlpha,
} from './index.js';

export interface ComparisonRequest {
  readonly dataDir: string;
  /** Where mined records lie that are not in the data folder. */
  readonly tripletsPath: string | null;
  readonly model: ResolvedModel;
  readonly against: ResolvedModel;
  readonly split: 'dev' | 'test';
  /** The weight to serve with: a number, or the one found best on the dev queries. */
  readonly alpha: number | 'auto';
  /** Queries at most, chosen by hash; all when absent. */
  readonly limit?: number | undefined;
  /** Dev queries at most that the best weight is looked for on; 200 when absent. */
  readonly devLimit?: number | undefined;
  /** A snapshot's hash or its beginning; when absent the one the model was trained on, or the newest. */
  readonly dataset?: string | undefined;
  readonly minimumQueries?: number | undefined;
  readonly scorer?: ModelScorerOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (model: string, done: number, total: number) => void;
  /** How a model is opened; in a child process when absent. */
  readonly open?: (model: ResolvedModel) => Promise<PairScorer & { close(): void }>;
}

export interface ComparedModels {
  readonly datasetHash: string;
  readonly evaluation: Evaluation;
  /** NDCG@10 of the model against the other, as both are served; null when they are the same. */
  readonly decision: GateDecision | null;
  /** The model, as it is served, against BM25's own order. */
  readonly againstSearch: GateDecision;
  /** The weight found best for the model on the dev queries, now or when it went live; null without such queries. */
  readonly bestAlpha: number | null;
  /** The weight of the blend shown, which is the one that would be served. */
  readonly servedAlpha: number;
}

/** BM25's own order in the results. */
export const SEARCH = 'BM25';
const DEV_LIMIT = 200;

/**
 * Reranks the BM25 candidates of held-out queries: BM25 alone, both models alone, and their blends as
 * they would be served. The best blend weight is looked for on dev queries and, with the metrics of
 * the test queries, written into the model's manifest; a live model keeps its weight where only some
 * queries are looked at.
 *
 * @throws {ComparisonError} without held-out queries; {SnapshotError} {ReportedError} {ChildProcessError}
 */
export async function compareModels(request: ComparisonRequest): Promise<ComparedModels> {
  const { dataDir, model, against, split, alpha, limit, devLimit = DEV_LIMIT } = request;
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
  const lists = listsOf(split, limit);
  const devLists = listsOf('dev', Math.min(limit ?? devLimit, devLimit));

  const own = await scoreTogether(request, model, lists, devLists);
  const kept = await weightKept(request);
  const best = kept ?? (devLists.length > 0 ? bestAlpha(devLists, own.dev) : null);
  const served = servedAlpha(alpha, best);
  const modelServed = blendName(model.id, served);
  let againstServed = modelServed;
  const systems = new Map([
    [SEARCH, retrievalScores(lists)],
    [model.id, own.main],
    [modelServed, blendLists(lists, own.main, served)],
  ]);
  if (against.id !== model.id) {
    const other = await scoreTogether(request, against, lists, alpha === 'auto' ? devLists : []);
    const otherBest = other.dev.length > 0 ? bestAlpha(devLists, other.dev) : null;
    const otherServed = servedAlpha(alpha, otherBest);
    systems.set(against.id, other.main);
    againstServed = blendName(against.id, otherServed);
    systems.set(againstServed, blendLists(lists, other.main, otherServed));
  }
  const evaluation = evaluateSystems(lists, systems);
  if (model.manifest && split === 'test') {
    await updateManifest(model.path, { blendAlpha: best, evaluation: recorded(evaluation, split) });
  }
  const ndcgOf = (name: string) =>
    evaluation.systems.find(({ system }) => system === name)?.ndcgPerQuery ?? [];
  const { minimumQueries } = request;
  return {
    datasetHash: found.manifest.hash,
    evaluation,
    decision:
      against.id === model.id
        ? null
        : decideAsServed(
            { candidate: ndcgOf(modelServed), live: ndcgOf(againstServed) },
            { candidate: ndcgOf(model.id), live: ndcgOf(against.id) },
            minimumQueries,
          ),
    againstSearch: decidePromotion(ndcgOf(modelServed), ndcgOf(SEARCH), minimumQueries),
    bestAlpha: best,
    servedAlpha: served,
  };
}

/** `compareModels` in the form that runs in a child process. Both models score nearly the same pairs, so each is half of the work. */
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

/** The weight that people are served with: a glance at some queries does not change it. */
async function weightKept({ dataDir, model, limit }: ComparisonRequest): Promise<number | null> {
  if (limit === undefined || !model.manifest) return null;
  return (await readLive(dataDir)).id === model.id ? model.manifest.blendAlpha : null;
}

/** What the blend of a model with BM25 is called. */
export function blendName(id: string, alpha: number): string {
  return `${id} with BM25, alpha ${alpha}`;
}

/** Scores both sets of lists while the model is open, those they share once. */
async function scoreTogether(
  { open, scorer = {}, signal, onProgress }: ComparisonRequest,
  model: ResolvedModel,
  lists: readonly CandidateList[],
  devLists: readonly CandidateList[],
): Promise<{ main: number[][]; dev: number[][] }> {
  const byQuery = new Map(lists.map((list, at) => [list.query, at]));
  const further = devLists.filter(({ query }) => !byQuery.has(query));
  const opened = await (open?.(model) ?? ModelScorer.open(model.path, scorer));
  try {
    const all = await scoreLists([...lists, ...further], opened, {
      signal,
      onProgress: (done, total) => onProgress?.(model.id, done, total),
    });
    const place = new Map(further.map(({ query }, at) => [query, lists.length + at]));
    const dev = devLists.map(({ query }) => all[byQuery.get(query) ?? place.get(query) ?? 0] ?? []);
    return { main: all.slice(0, lists.length), dev };
  } finally {
    opened.close();
  }
}

function recorded({ hash, systems }: Evaluation, split: 'dev' | 'test') {
  const told = systems.map(({ system, n, metrics }: SystemResult) => ({
    system,
    n,
    metrics: { ...metrics },
  }));
  return { hash, split, time: new Date().toISOString(), systems: told };
}
