/** What the demo measures in child processes: the speed of this machine, and the results of one query. */
import { type CandidateList, candidateLists, servedAlpha } from '../comparison/index.js';
import { readSnapshot } from '../datasets/index.js';
import { ModelScorer } from '../processes/model-scorer.js';
import type { ResolvedModel } from '../registry/index.js';
import { rerank } from '../serving/rerank.js';

/** Pairs that are measured, and pairs before them that warm up. */
const PAIRS = 192;
const WARMUP = 64;
/** The fastest probe counts: other work that slows one down may soon be over. */
const PROBES = 3;

/** Pairs of a dataset that the model scores per second on this machine. */
export async function pairsPerSecond(request: {
  readonly modelPath: string;
  readonly datasetPath: string;
  readonly maxLength: number;
}): Promise<number> {
  const { modelPath, datasetPath, maxLength } = request;
  const { train, corpus } = await readSnapshot(datasetPath);
  const scorer = await ModelScorer.open(modelPath, { maxLength });
  try {
    const pairs = Array.from({ length: PAIRS }, (_, at) => {
      const record = train[Math.floor((at * train.length) / PAIRS)];
      const document = corpus[Math.floor((at * corpus.length) / PAIRS)];
      return [record?.query ?? '', document?.text ?? ''] as const;
    });
    await scorer.predict(pairs.slice(0, WARMUP));
    let best = Number.POSITIVE_INFINITY;
    for (let probe = 0; probe < PROBES; probe++) {
      const began = performance.now();
      await scorer.predict(pairs);
      best = Math.min(best, (performance.now() - began) / 1000);
    }
    return pairs.length / best;
  } finally {
    scorer.close();
  }
}

interface ExampleDocument {
  readonly text: string;
  readonly relevant: boolean;
}

/** One held-out query: its candidate list as BM25 orders it, and reranked. */
export interface DemoExample {
  readonly query: string;
  readonly before: readonly ExampleDocument[];
  readonly after: readonly ExampleDocument[];
  readonly alpha: number;
}

/** Test queries among which to find the example. */
const EXAMPLES = 200;

/** A test query whose relevant document BM25 ranks fourth to tenth; the first test query when there is none. */
export async function findExample(request: {
  readonly datasetPath: string;
  readonly model: ResolvedModel;
  readonly alpha: number | 'auto';
  readonly maxLength: number;
}): Promise<DemoExample | null> {
  const { model, maxLength } = request;
  const { evaluation, corpus } = await readSnapshot(request.datasetPath);
  const test = evaluation.filter(({ split }) => split === 'test');
  const lists = candidateLists(test, corpus, { limit: EXAMPLES });
  const rankOfRelevant = ({ candidates }: CandidateList) =>
    candidates.findIndex(({ grade }) => grade > 0);
  const list =
    lists.find((one) => rankOfRelevant(one) >= 3 && rankOfRelevant(one) < 10) ?? lists[0];
  if (!list) return null;
  const { query, candidates } = list;
  const alpha = servedAlpha(request.alpha, model.manifest?.blendAlpha);
  const scorer = await ModelScorer.open(model.path, { maxLength });
  try {
    const documents = candidates.map(({ id, text, retrievalScore }) => ({
      id,
      text,
      score: retrievalScore,
    }));
    const { results } = await rerank({ query, documents, model: scorer, alpha });
    const shown = candidates.map(({ text, grade }) => ({ text, relevant: grade > 0 }));
    return {
      query,
      before: shown,
      after: results.flatMap(({ index }) => shown[index] ?? []),
      alpha,
    };
  } finally {
    scorer.close();
  }
}
