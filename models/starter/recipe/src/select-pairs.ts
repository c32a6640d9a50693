/** Chooses from all mined pairs the ones to learn from, and the corpus their candidates come from. */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import type { PairKind } from './mined-text.js';

export interface PairRow {
  readonly query: string;
  readonly document: number;
  readonly kind: PairKind;
  readonly language: string;
  readonly repo: string;
}

export interface CorpusRow {
  readonly text: string;
  readonly repo: string;
}

/** Most pairs of each kind: what is nearest to how people search has the largest share. */
const MOST: Readonly<Record<PairKind, number>> = {
  documentation: 15_000,
  comment: 5_500,
  example: 4_500,
  name: 2_000,
  prose: 3_000,
  test: 1_000,
};
/** Documents that answer no chosen pair. */
const MOST_OTHERS = 7_000;
/** Signs that prose seldom has, for what a heading or docstring was taken for prose by mistake. */
const SIGNS = /[=_(){}[\]<>;\\|@#$]/g;

export function selectPairs(
  pairs: readonly PairRow[],
  corpus: readonly CorpusRow[],
): { pairs: PairRow[]; corpus: CorpusRow[] } {
  const counts = new Map<PairKind, number>();
  const chosen = pairs.filter((pair) => {
    const count = counts.get(pair.kind) ?? 0;
    const text = corpus[pair.document]?.text ?? '';
    if (count >= MOST[pair.kind] || text === '') return false;
    if (pair.kind === 'prose' && pair.language === 'english' && looksLikeCode(pair.query, text)) {
      return false;
    }
    counts.set(pair.kind, count + 1);
    return true;
  });
  const answers = new Set(chosen.map(({ document }) => document));
  const others = corpus.map((_, at) => at).filter((at) => !answers.has(at));
  const kept = [...answers, ...new SeededRandom(3).shuffle(others).slice(0, MOST_OTHERS)];
  kept.sort((a, b) => a - b);
  const places = new Map(kept.map((at, place) => [at, place]));
  return {
    pairs: chosen.map((pair) => ({ ...pair, document: places.get(pair.document) as number })),
    corpus: kept.map((at) => corpus[at] as CorpusRow),
  };
}

function looksLikeCode(query: string, text: string): boolean {
  const signs = (text.match(SIGNS)?.length ?? 0) / text.length;
  return signs > 0.02 || (query.match(SIGNS)?.length ?? 0) > 2;
}
