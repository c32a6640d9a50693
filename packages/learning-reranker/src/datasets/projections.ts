/** The view that each loss needs of the one canonical record, made when it is loaded. */
import type { DataShape, TrainingExample } from '@learning-reranker/cross-encoder';
import { labelledPairs } from '../records/labelled-pairs.js';
import type { TrainingRecord } from '../records/training-record.js';

export interface ProjectionOptions {
  /**
   * Whether tuples carry the records' mined negatives; on by default. Without them a loss such as
   * MultipleNegativesRankingLoss has only those it draws from the batch.
   */
  readonly useHardNegatives?: boolean;
}

/**
 * Training rows in the shape of a loss.
 *
 * One set of mined records serves CrossEntropyLoss, BinaryCrossEntropyLoss, MultipleNegativesRankingLoss
 * and, once it has teacher scores, MarginMSELoss: nothing is stored twice.
 *
 * - `labelled-pairs`: the positive with 1, each negative with 0, and each pair once;
 * - `class-labelled-pairs`: the same with classes 1 and 0;
 * - `tuples`: the positive and its hard negatives; the loss draws further ones from the batch;
 * - `scored-tuples`: the same with the teacher's scores; records without scores give no row.
 */
export function projectRecords(
  records: readonly TrainingRecord[],
  shape: DataShape,
  { useHardNegatives = true }: ProjectionOptions = {},
): TrainingExample[] {
  switch (shape) {
    case 'labelled-pairs':
    case 'class-labelled-pairs':
      return Array.from(labelledPairs(records), ({ query, document, label }) => ({
        query,
        documents: [document],
        labels: [label],
      }));
    case 'tuples':
      return records.map(({ query, positive, negatives }) => ({
        query,
        documents: [positive.text, ...(useHardNegatives ? negatives : []).map(({ text }) => text)],
      }));
    case 'scored-tuples':
      return records
        .filter(({ teacher_scores, negatives }) => teacher_scores && negatives.length > 0)
        .map(({ query, positive, negatives, teacher_scores = [] }) => ({
          query,
          documents: [positive.text, ...negatives.map(({ text }) => text)],
          labels: teacher_scores,
        }));
  }
}
