import { describe, expect, it } from 'vitest';
import { rerank } from '../../src/serving/rerank.js';

/** Scores a pair by the number in the document's text. */
const model = {
  predict: async (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([, text]) => Number(text)),
};
const given = (documents: { text: string; score?: number }[], alpha = 0.7) =>
  rerank({ query: 'q', documents, model, alpha });
const order = ({ results }: Awaited<ReturnType<typeof rerank>>) =>
  results.map(({ index }) => index);

describe('reranking', () => {
  it('orders by the model when the search sends no scores', async () => {
    const answer = await given([{ text: '0.2' }, { text: '0.9' }, { text: '0.5' }]);
    expect(order(answer)).toEqual([1, 2, 0]);
    expect(answer.results[0]).toMatchObject({ score: 0.9, relevanceScore: 0.9 });
    expect(answer.blended).toBe(false);
  });

  it('blends with search scores on any scale when all documents have one', async () => {
    const documents = [
      { text: '0.4', score: 120 },
      { text: '0.5', score: 20 },
    ];
    const answer = await given(documents);
    // 0.7 * 0.4 + 0.3 * 1 against 0.7 * 0.5 + 0.3 * 0
    expect(answer.results[0]?.score).toBeCloseTo(0.58, 10);
    expect(answer.results[1]?.score).toBeCloseTo(0.35, 10);
    expect(order(await given(documents, 1))).toEqual([1, 0]);
    expect(order(await given(documents, 0))).toEqual([0, 1]);
    const partly = await given([{ text: '0.4', score: 120 }, { text: '0.5' }]);
    expect(partly.blended).toBe(false);
  });

  it('keeps the order of documents with equal scores, and of all documents without a model', async () => {
    expect(order(await given([{ text: '0.5' }, { text: '0.5' }, { text: '0.5' }]))).toEqual([
      0, 1, 2,
    ]);
    const untouched = await rerank({
      query: 'q',
      documents: [
        { text: '0.1', score: 3 },
        { text: '0.9', score: 7 },
      ],
      model: null,
      alpha: 0.7,
    });
    expect(order(untouched)).toEqual([0, 1]);
    // A caller who sorts again keeps the order, on any scale of the search's scores.
    expect(untouched.results.map(({ score }) => score)).toEqual([1, 0.5]);
    expect(untouched.results[1]?.relevanceScore).toBeNull();
  });

  it('returns nothing for no documents', async () => {
    expect((await given([])).results).toEqual([]);
  });
});
