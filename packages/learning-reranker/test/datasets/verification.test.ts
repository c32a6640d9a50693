import { findLoss } from '@learning-reranker/cross-encoder';
import { describe, expect, it } from 'vitest';
import { verifyDataset } from '../../src/datasets/index.js';
import type { TrainingRecord } from '../../src/records/training-record.js';
import { makeRecord } from './queries.js';

const CE = 'CrossEntropyLoss';
const BCE = 'BinaryCrossEntropyLoss';
const MNR = 'MultipleNegativesRankingLoss';
const MSE = 'MarginMSELoss';

/** A word is a token. */
const tokenCount = (text: string) => text.split(' ').length;
const verify = (
  records: readonly TrainingRecord[],
  loss: string,
  options: { readonly maxLength?: number; readonly batchSize?: number } = {},
) =>
  verifyDataset(records, findLoss(loss), { maxLength: 100, batchSize: 2, tokenCount, ...options });

const good = [
  makeRecord('q one', 'right one', ['wrong one', 'worse one']),
  makeRecord('q two', 'right two', ['wrong two']),
];

describe('data that does not fit a loss', () => {
  it('is a problem that says what is missing and what to do', () => {
    const positives = [makeRecord('q one', 'right one'), makeRecord('q two', 'right two')];
    for (const loss of [CE, BCE]) {
      const { problems } = verify(positives, loss);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`${loss} needs relevant and irrelevant documents`);
      expect(problems[0]).toContain('only positives');
      expect(problems[0]).toContain('Mine negatives');
    }
  });

  it('is data without teacher scores for MarginMSELoss', () => {
    const { problems, rows } = verify(good, MSE);
    expect(rows).toBe(0);
    expect(problems[0]).toMatch(/MarginMSELoss needs teacher scores.*teacher_scores/);
    const scored = good.map((record) => ({
      ...record,
      teacher_scores: [1, ...record.negatives.map(() => 0)],
    }));
    expect(verify(scored, MSE)).toMatchObject({ problems: [], rows: 2 });
  });

  it('is data with teacher scores of positives only', () => {
    const alone = makeRecord('q', 'right', [], { teacher_scores: [1] });
    expect(verify([alone], MSE).problems[0]).toContain(
      'needs negatives, but no record with teacher_scores has any',
    );
  });

  it('is a single positive without negatives for in-batch negatives', () => {
    const { problems } = verify([makeRecord('q', 'right'), makeRecord('p', 'right')], MNR);
    expect(problems[0]).toMatch(/at least 2 different positives.*has 1 \(batch size 2\)/);
    expect(verify([makeRecord('q', 'right'), makeRecord('p', 'left')], MNR).problems).toEqual([]);
    expect(verify([makeRecord('q', 'right', ['wrong'])], MNR).problems).toEqual([]);
  });

  it('is no data', () => {
    for (const loss of [CE, BCE, MNR, MSE]) {
      const { problems, tokens, truncatedShare } = verify([], loss);
      expect(problems).toEqual(['There are no training records. Mine some first.']);
      expect(tokens).toEqual({ median: 0, p95: 0, longest: 0 });
      expect(truncatedShare).toBe(0);
    }
  });
});

describe('the losses that data fits', () => {
  it('are listed, whichever loss is verified', () => {
    const scored = makeRecord('q', 'right', ['wrong'], { teacher_scores: [1, 0] });
    const positives = [makeRecord('q one', 'right one'), makeRecord('q two', 'right two')];
    for (const loss of [CE, BCE, MNR, MSE]) {
      expect(verify(good, loss).servedLosses.toSorted()).toEqual([BCE, CE, MNR]);
      expect(verify([scored], loss).servedLosses.toSorted()).toEqual([BCE, CE, MSE, MNR]);
      expect(verify(positives, loss).servedLosses).toEqual([MNR]);
      expect(verify([], loss).servedLosses).toEqual([]);
    }
  });
});

describe('the report', () => {
  it('includes records, rows of the loss, labels and negatives', () => {
    expect(verify(good, BCE)).toMatchObject({
      loss: BCE,
      records: 2,
      rows: 5,
      labels: { 0: 3, 1: 2 },
      negativesPerRecord: 1.5,
      conflicts: 0,
      duplicates: 0,
      repeatedPositives: 0,
      problems: [],
      warnings: [],
    });
    expect(verify(good, MNR)).toMatchObject({ rows: 2, labels: { positive: 2, negative: 3 } });
    const [scored] = good.map((record) => ({ ...record, teacher_scores: [2, 1, 0] }));
    const half = [scored ?? makeRecord('', ''), makeRecord('q three', 'right three', ['wrong'])];
    expect(verify(half, MSE)).toMatchObject({ rows: 1, labels: { positive: 1, negative: 2 } });
  });

  it('includes duplicates, texts both positive and negative for a query, and positives of several queries', () => {
    const { duplicates, conflicts, repeatedPositives, warnings } = verify(
      [
        makeRecord('Parse a date?', 'right', ['also right', 'wrong']),
        makeRecord('parse a date', 'also right', ['wrong']),
        makeRecord('parse a date', 'right', ['wrong']),
        makeRecord('another', 'right', ['wrong']),
      ],
      MNR,
    );
    expect({ duplicates, conflicts, repeatedPositives }).toEqual({
      duplicates: 1,
      conflicts: 1,
      repeatedPositives: 1,
    });
    expect(warnings.join('\n')).toContain('1 texts are both positive and negative');
    expect(warnings.join('\n')).toContain('1 positives are relevant to several queries');
  });

  it('includes the share of pairs longer than the maximum, with special tokens', () => {
    const words = (count: number) => Array.from({ length: count }, () => 'w').join(' ');
    // A query of 2, special tokens 3: documents of 15 fill 20, those of 16 are cut.
    const records = [15, 15, 15, 16].map((length, index) =>
      makeRecord(`q ${index}`, words(length)),
    );
    const report = verify(records, MNR, { maxLength: 20 });
    expect(report.truncatedShare).toBe(0.25);
    expect(report.tokens).toEqual({ median: 20, p95: 21, longest: 21 });
    expect(report.warnings.join('\n')).toContain('25.0 % of the pairs are longer than 20 tokens');
    expect(verify(records, MNR, { maxLength: 21 }).truncatedShare).toBe(0);
  });

  it('of a large dataset includes positives and negatives alike', () => {
    const long = Array.from({ length: 50 }, () => 'long').join(' ');
    for (const count of [3000, 4000, 8000]) {
      const records = Array.from({ length: count }, (_, index) =>
        makeRecord(`q ${index}`, `short ${index}`, [long, long, long]),
      );
      const { truncatedShare } = verify(records, BCE, { maxLength: 20 });
      expect(truncatedShare).toBeCloseTo(0.75, 2);
    }
  });
});

describe('a warning', () => {
  it('is given for fewer rows than one batch', () => {
    expect(verify(good, BCE, { batchSize: 16 }).warnings).toEqual([
      'The dataset has fewer rows (5) than one batch (16).',
    ]);
  });

  it('counts the records that a loss leaves out without scores', () => {
    const scored = makeRecord('q', 'right', ['wrong'], { teacher_scores: [1, 0] });
    const { rows, warnings } = verify([scored, scored, ...good], MSE);
    expect(rows).toBe(2);
    expect(warnings).toEqual([
      '2 of 4 records have no teacher_scores or no negatives and are left out.',
    ]);
  });

  it('recommends posWeight for BinaryCrossEntropyLoss if negatives outnumber positives', () => {
    const records = [makeRecord('q', 'right', ['a', 'b', 'c']), makeRecord('p', 'left', ['d'])];
    expect(verify(records, BCE).warnings.join()).toMatch(
      /^The dataset has 2\.0 negatives for each positive\. Set posWeight/,
    );
    expect(verify(records, CE).warnings).toEqual([]);
  });
});
