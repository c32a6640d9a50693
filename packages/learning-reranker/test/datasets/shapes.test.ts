import { lossDescriptions } from '@learning-reranker/cross-encoder';
import { describe, expect, it } from 'vitest';
import { projectRecords } from '../../src/datasets/index.js';
import { makeRecord } from './queries.js';

const records = [
  makeRecord('q1', 'right', ['wrong', 'worse'], { teacher_scores: [9, 2, -1] }),
  makeRecord('q2', 'answer'),
];

describe('one set of records', () => {
  it('gives a labelled pair for the positive and for each negative', () => {
    const pairs = [
      { query: 'q1', documents: ['right'], labels: [1] },
      { query: 'q1', documents: ['wrong'], labels: [0] },
      { query: 'q1', documents: ['worse'], labels: [0] },
      { query: 'q2', documents: ['answer'], labels: [1] },
    ];
    expect(projectRecords(records, 'labelled-pairs')).toEqual(pairs);
    expect(projectRecords(records, 'class-labelled-pairs')).toEqual(pairs);
  });

  it('gives a pair of several records once; the same text for another query is another pair', () => {
    const sharing = [
      makeRecord('q1', 'right', ['wrong', 'worse']),
      makeRecord('q1', 'right too', ['worse', 'right']),
      makeRecord('q2', 'right', ['wrong']),
    ];
    expect(
      projectRecords(sharing, 'labelled-pairs').map(({ query, documents, labels }) => [
        query,
        ...documents,
        ...(labels ?? []),
      ]),
    ).toEqual([
      ['q1', 'right', 1],
      ['q1', 'wrong', 0],
      ['q1', 'worse', 0],
      ['q1', 'right too', 1],
      ['q1', 'right', 0],
      ['q2', 'right', 1],
      ['q2', 'wrong', 0],
    ]);
    expect(projectRecords(sharing, 'tuples')).toHaveLength(3);
  });

  it('gives tuples of the positive and its hard negatives, if any', () => {
    expect(projectRecords(records, 'tuples')).toEqual([
      { query: 'q1', documents: ['right', 'wrong', 'worse'] },
      { query: 'q2', documents: ['answer'] },
    ]);
  });

  it('gives tuples of query and positive without hard negatives if asked to', () => {
    expect(projectRecords(records, 'tuples', { useHardNegatives: false })).toEqual([
      { query: 'q1', documents: ['right'] },
      { query: 'q2', documents: ['answer'] },
    ]);
  });

  it('keeps the negatives that labels and teacher scores belong to', () => {
    for (const shape of ['labelled-pairs', 'class-labelled-pairs', 'scored-tuples'] as const) {
      expect(projectRecords(records, shape, { useHardNegatives: false })).toEqual(
        projectRecords(records, shape),
      );
    }
  });

  it('gives tuples with teacher scores for the records that have them, and no other rows', () => {
    expect(projectRecords(records, 'scored-tuples')).toEqual([
      { query: 'q1', documents: ['right', 'wrong', 'worse'], labels: [9, 2, -1] },
    ]);
    const alone = makeRecord('q3', 'only a positive', [], { teacher_scores: [5] });
    expect(projectRecords([alone], 'scored-tuples')).toEqual([]);
  });

  it('has rows for every loss, with one label for each document if the loss has labels', () => {
    for (const { dataShape } of lossDescriptions) {
      const rows = projectRecords(records, dataShape);
      expect(rows.length).toBeGreaterThan(0);
      for (const { documents, labels } of rows) {
        if (labels !== undefined) expect(labels).toHaveLength(documents.length);
      }
    }
  });

  it('does not change', () => {
    const before = JSON.stringify(records);
    for (const { dataShape } of lossDescriptions) projectRecords(records, dataShape);
    expect(JSON.stringify(records)).toBe(before);
  });
});
