import { describe, expect, it } from 'vitest';
import {
  bestAlpha,
  blend,
  blendLists,
  type CandidateList,
  candidateLists,
  evaluateSystems,
  evaluationHash,
  evaluationTable,
  meanMetric,
  metricNames,
  metricPerQuery,
  retrievalScores,
  scaleRetrieval,
  scoreLists,
} from '../../src/comparison/index.js';
import type { CorpusDocument } from '../../src/records/training-record.js';
import { makeLists, scoresOfQuality } from './lists.js';

const document = (id: string, text: string): CorpusDocument => ({
  id,
  text,
  doc_path_rel: `${id}.ts`,
  repo_slug: 'app',
});
const corpus = [
  document('dates', 'function parseDate(text: string): Date'),
  document('times', 'function formatTime(time: Date): string'),
  document('mail', 'function sendMail(address: string): void'),
];
const list = (grades: readonly number[], relevantGrades: readonly number[]): CandidateList => ({
  query: 'parse a date',
  candidates: grades.map((grade, rank) => ({
    id: `d${rank}`,
    text: `t${rank}`,
    retrievalScore: grades.length - rank,
    grade,
  })),
  relevantGrades,
});

describe('candidate lists', () => {
  it('hold what BM25 finds in the whole corpus, with the known grades', () => {
    const [found] = candidateLists([{ query: 'parse a date', relevant: { dates: 2 } }], corpus);
    expect(found?.candidates.map(({ id, grade }) => [id, grade])).toEqual([
      ['dates', 2],
      ['times', 0],
    ]);
    expect(found?.relevantGrades).toEqual([2]);
  });

  it("do not treat a document as relevant because its id is the name of an object's property", () => {
    const named = ['constructor', '__proto__', 'toString'].map((id) =>
      document(id, 'parse a date'),
    );
    const relevant = JSON.parse('{ "__proto__": 2 }');
    const [found] = candidateLists([{ query: 'parse a date', relevant }], named);
    expect(found?.candidates.map(({ id, grade }) => [id, grade]).toSorted()).toEqual([
      ['__proto__', 2],
      ['constructor', 0],
      ['toString', 0],
    ]);
  });

  it('are limited by hash: the order of the queries does not matter', () => {
    const samples = Array.from({ length: 40 }, (_, at) => ({
      query: `parse date number ${at}`,
      relevant: { dates: 1 },
    }));
    const queries = (given: typeof samples) =>
      candidateLists(given, corpus, { limit: 10 }).map(({ query }) => query);
    expect(queries(samples)).toHaveLength(10);
    expect(queries(samples.toReversed())).toEqual(queries(samples));
  });
});

describe('a query whose relevant document is not among the candidates', () => {
  it('counts as zero in every metric', () => {
    const missed = list([0, 0, 0], [1]);
    for (const name of metricNames) {
      expect(metricPerQuery([missed], [[3, 2, 1]], name)).toEqual([0]);
    }
  });

  it('lowers the recall that reranking can reach', () => {
    const lists = [list([0, 1, 0], [1]), list([0, 0, 0], [1])];
    const { recallAtDepth } = evaluateSystems(lists, new Map([['BM25', retrievalScores(lists)]]));
    expect(recallAtDepth).toBe(0.5);
  });

  it('counts in the ideal ranking beside another relevant document', () => {
    // One of two relevant documents found, at rank 1: DCG 1, ideal 1 + 1/log2(3) = 1.6309.
    const [ndcg] = metricPerQuery([list([1, 0], [1, 1])], [[2, 1]], 'NDCG@10');
    expect(ndcg).toBeCloseTo(1 / 1.6309, 4);
    expect(metricPerQuery([list([1, 0], [1, 1])], [[2, 1]], 'MAP')[0]).toBeCloseTo(0.5, 10);
  });
});

describe('a constant scorer', () => {
  it('scores like a random order, not like BM25', () => {
    const lists = makeLists(200);
    const constant = lists.map(({ candidates }) => candidates.map(() => 0.5));
    // One relevant document among 50: the chance of a hit within ten is 10 / 50.
    expect(meanMetric(lists, constant, 'Hit@10')).toBeCloseTo(0.2, 10);
  });
});

describe('the blend', () => {
  it('scales retrieval scores to 0..1 within their list', () => {
    expect(scaleRetrieval([30, 10, 20])).toEqual([1, 0, 0.5]);
    expect(scaleRetrieval([7, 7])).toEqual([0.5, 0.5]);
    expect(scaleRetrieval([])).toEqual([]);
  });

  it('weighs the model by alpha and retrieval by the rest', () => {
    expect(blend([0.2, 0.9], [12, 4], 0.7)).toEqual([
      0.7 * 0.2 + (1 - 0.7) * 1,
      0.7 * 0.9 + (1 - 0.7) * 0,
    ]);
  });

  it('is the model alone at 1 and retrieval alone at 0', () => {
    const lists = makeLists(30);
    const scores = scoresOfQuality(lists, 0.8, 2);
    const ndcg = (of: readonly (readonly number[])[]) => metricPerQuery(lists, of, 'NDCG@10');
    expect(ndcg(blendLists(lists, scores, 1))).toEqual(ndcg(scores));
    expect(ndcg(blendLists(lists, scores, 0))).toEqual(ndcg(retrievalScores(lists)));
  });

  it('weighs a model that reverses a perfect order by half at most, and a perfect model by 1', () => {
    const lists = makeLists(30).map((one) => ({
      ...one,
      candidates: one.candidates.map((candidate, rank) => ({
        ...candidate,
        grade: rank === 0 ? 1 : 0,
      })),
    }));
    const reversed = lists.map(({ candidates }) => candidates.map((_, rank) => rank / 50));
    expect(bestAlpha(lists, reversed)).toBeLessThanOrEqual(0.5);
    const perfect = lists.map(({ candidates }) => candidates.map(({ grade }) => grade));
    expect(bestAlpha(lists, perfect)).toBe(1);
  });
});

describe('results', () => {
  const lists = makeLists(40);

  it('have n and an interval around each mean', () => {
    const { systems, queries } = evaluateSystems(
      lists,
      new Map([['model', scoresOfQuality(lists, 0.7, 2)]]),
    );
    expect(queries).toBe(40);
    const { mean, lower, upper } = systems[0]?.metrics['NDCG@10'] ?? {
      mean: 0,
      lower: 0,
      upper: 0,
    };
    expect(lower).toBeLessThan(mean);
    expect(upper).toBeGreaterThan(mean);
    expect(systems[0]?.n).toBe(40);
    expect(systems[0]?.ndcgPerQuery).toHaveLength(40);
  });

  it('of other lists have another hash', () => {
    const other = makeLists(40, 2);
    const [first] = lists as [CandidateList];
    const [candidate] = first.candidates;
    const retold = { ...first, candidates: [{ ...candidate, text: 'other' } as never] };
    expect(evaluationHash(lists)).toBe(evaluationHash(makeLists(40, 1)));
    expect(evaluationHash(lists)).not.toBe(evaluationHash(other));
    expect(evaluationHash([first])).not.toBe(evaluationHash([retold]));
    expect(evaluationHash(lists)).not.toBe(evaluationHash(lists.slice(1)));
  });

  it('are refused without queries, with what to do', () => {
    expect(() => evaluateSystems([], new Map())).toThrow(/no held-out queries.*mine more/);
  });

  it('are printed in aligned columns with their intervals', () => {
    const table = evaluationTable(
      evaluateSystems(
        lists,
        new Map([
          ['BM25', retrievalScores(lists)],
          ['20260102T030405Z-softmax', scoresOfQuality(lists, 0.9, 2)],
        ]),
      ),
    );
    const [header = '', , bm25 = '', model = ''] = table.split('\n');
    expect(header).toMatch(/NDCG@10 +MRR@10 +MAP +Hit@1 +Hit@10/);
    expect(model).toMatch(/^20260102T030405Z-softmax +(\.\d{3}|1\.000) \[\.\d{3}, /);
    expect(bm25.length).toBe(model.length);
    expect(header.length).toBe(model.length);
    expect(table).toMatch(/40 held-out queries, BM25 top 50/);
  });
});

describe('scoring', () => {
  it('gives each list its own scores, in the order of its candidates, and reports progress', async () => {
    const lists = makeLists(30);
    const progress: number[] = [];
    const scores = await scoreLists(
      lists,
      { predict: async (pairs) => Float32Array.from(pairs, ([, text]) => text.length) },
      { onProgress: (done) => progress.push(done) },
    );
    expect(scores).toEqual(
      lists.map(({ candidates }) => candidates.map(({ text }) => text.length)),
    );
    expect(progress).toEqual([0, 512, 1024, 1500]);
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    const predict = async (pairs: readonly unknown[]) => {
      controller.abort();
      return new Float32Array(pairs.length);
    };
    await expect(
      scoreLists(makeLists(30), { predict }, { signal: controller.signal }),
    ).rejects.toThrow(/abort/);
  });
});
