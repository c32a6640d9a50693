import { describe, expect, it } from 'vitest';
import {
  type CandidateList,
  candidateLists,
  evaluateSystems,
  evaluationTable,
  retrievalScores,
} from '../../src/comparison/index.js';

/** Three candidates in BM25's order with these grades. */
const list = (query: string, grades: readonly number[], missed: readonly number[] = []) =>
  ({
    query,
    candidates: grades.map((grade, rank) => ({
      id: `${query}-${rank}`,
      text: `${query} ${rank}`,
      retrievalScore: 10 - rank,
      grade,
    })),
    relevantGrades: [...grades.filter((grade) => grade > 0), ...missed],
  }) satisfies CandidateList;

// The relevant document first; third; never found; two graded ones, the better second.
const lists = [
  list('first', [1, 0, 0]),
  list('third', [0, 0, 1]),
  list('missed', [0, 0, 0], [1]),
  list('graded', [1, 3, 0]),
];
// DCG of the last: 1 + 3 / log2 3, against the ideal 3 + 1 / log2 3.
const log3 = Math.log2(3);
const graded = (1 + 3 / log3) / (3 + 1 / log3);
const model = [
  [0.1, 0.2, 0.3],
  [0.1, 0.2, 0.3],
  [0.1, 0.2, 0.3],
  [0.2, 0.9, 0.1],
];

describe('an evaluation of two systems, worked out by hand', () => {
  const evaluation = evaluateSystems(
    lists,
    new Map([
      ['BM25', retrievalScores(lists)],
      ['model', model],
    ]),
  );
  const [bm25, reranked] = evaluation.systems;
  const means = (system: typeof bm25) =>
    Object.fromEntries(
      Object.entries(system?.metrics ?? {}).map(([name, { mean }]) => [name, mean.toFixed(6)]),
    );
  const mean = (...values: readonly number[]) =>
    (values.reduce((sum, value) => sum + value, 0) / 4).toFixed(6);

  it("has BM25's own numbers", () => {
    expect(bm25?.ndcgPerQuery.map((value) => value.toFixed(6))).toEqual(
      [1, 0.5, 0, graded].map((value) => value.toFixed(6)),
    );
    expect(means(bm25)).toEqual({
      'NDCG@10': mean(1, 1 / 2, 0, graded),
      'MRR@10': mean(1, 1 / 3, 0, 1),
      MAP: mean(1, 1 / 3, 0, 1),
      'Hit@1': mean(1, 0, 0, 1),
      'Hit@3': mean(1, 1, 0, 1),
      'Hit@5': mean(1, 1, 0, 1),
      'Hit@10': mean(1, 1, 0, 1),
    });
  });

  it("has the model's, from its scores alone", () => {
    expect(means(reranked)).toEqual({
      'NDCG@10': mean(1 / 2, 1, 0, 1),
      'MRR@10': mean(1 / 3, 1, 0, 1),
      MAP: mean(1 / 3, 1, 0, 1),
      'Hit@1': mean(0, 1, 0, 1),
      'Hit@3': mean(1, 1, 0, 1),
      'Hit@5': mean(1, 1, 0, 1),
      'Hit@10': mean(1, 1, 0, 1),
    });
  });

  it('gives the most that reranking can reach: three of four', () => {
    expect(evaluation.recallAtDepth).toBe(0.75);
    expect(evaluationTable(evaluation)).toContain('75 % have a relevant document among the 50');
  });

  it('gives every system a row of the table, in the order given', () => {
    const rows = evaluationTable(evaluation).split('\n').slice(2, 4);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(['BM25', 'model']);
    expect(rows[0]).toContain(
      `${Number(mean(1, 1 / 2, 0, graded))
        .toFixed(3)
        .slice(1)} [`,
    );
  });
});

describe('queries limited by hash', () => {
  const sample = (index: number) => ({ query: `parse number ${index}`, relevant: { a: 1 } });
  const corpus = [{ id: 'a', text: 'parse', doc_path_rel: 'a.ts', repo_slug: 'app' }];
  const chosen = (count: number, limit: number) =>
    candidateLists(
      Array.from({ length: count }, (_, index) => sample(index)),
      corpus,
      { limit },
    ).map(({ query }) => query);

  it('include the queries of a smaller limit', () => {
    expect(chosen(50, 20)).toEqual(expect.arrayContaining(chosen(50, 10)));
  });

  it('are replaced only by new queries as data grows: an old query left out stays out', () => {
    const before = new Set(chosen(50, 20));
    const old = new Set(Array.from({ length: 50 }, (_, index) => sample(index).query));
    for (const query of chosen(80, 20)) {
      if (old.has(query)) expect(before).toContain(query);
    }
  });

  it('are all queries in their order when the limit is not smaller', () => {
    expect(chosen(5, 5)).toEqual(Array.from({ length: 5 }, (_, index) => sample(index).query));
  });
});
