/** The rows that each data shape makes from training records, and whether they are enough for a loss. */
import type { DataShape, TrainingExample } from '@learning-reranker/cross-encoder';
import { labelledPairs } from '../records/labelled-pairs.js';
import type { TrainingRecord } from '../records/training-record.js';

export interface ProjectionOptions {
  /** Whether tuples include the mined negatives; true by default. A loss may draw others from the batch. */
  readonly useHardNegatives?: boolean;
}

/** The rows that a loss gets from the records. */
export interface Fit {
  readonly dataShape: DataShape;
  readonly records: number;
  readonly rows: number;
  /** Rows by label. Where rows have no class: documents that are positive or negative. */
  readonly labels: Readonly<Record<string, number>>;
  readonly negativesPerRecord: number;
}

interface ShapeView {
  readonly project: (
    records: readonly TrainingRecord[],
    options: Required<ProjectionOptions>,
  ) => TrainingExample[];
  /** Why a loss cannot learn from the records, and what to do. */
  readonly problem: (
    loss: string,
    fit: Fit,
    records: readonly TrainingRecord[],
    batchSize: number,
  ) => string | null;
  readonly warning?: (fit: Fit & { readonly repeatedPositives: number }) => string | null;
}

/** The positive with label 1 and each negative with label 0; each pair once. */
const pairs: ShapeView = {
  project: (records) =>
    Array.from(labelledPairs(records), ({ query, document, label }) => ({
      query,
      documents: [document],
      labels: [label],
    })),
  problem: (loss, { labels }) =>
    Object.keys(labels).length < 2
      ? `${loss} needs relevant and irrelevant documents, but these records have only ${'1' in labels ? 'positives' : 'negatives'}. ` +
        'Mine negatives, or choose MultipleNegativesRankingLoss.'
      : null,
};

/** The positive and its hard negatives. */
const tuples: ShapeView = {
  project: (records, { useHardNegatives }) =>
    records.map(({ query, positive, negatives }) => ({
      query,
      documents: [positive.text, ...(useHardNegatives ? negatives : []).map(({ text }) => text)],
    })),
  problem: (loss, { negativesPerRecord }, records, batchSize) => {
    const positives = new Set(records.map(({ positive }) => positive.text)).size;
    return positives < 2 && negativesPerRecord === 0
      ? `${loss} needs at least 2 different positives in a batch; this dataset has ${positives} (batch size ${batchSize}). Add data or choose BinaryCrossEntropyLoss.`
      : null;
  },
  warning: ({ repeatedPositives }) =>
    repeatedPositives > 0
      ? `${repeatedPositives} positives are relevant to several queries. The loss never uses a positive of the same query as a negative, but a positive of another query may be relevant, too.`
      : null,
};

/** The positive and its negatives with a teacher's scores. Records without scores or negatives are left out. */
const scoredTuples: ShapeView = {
  project: (records) =>
    records
      .filter(({ teacher_scores, negatives }) => teacher_scores && negatives.length > 0)
      .map(({ query, positive, negatives, teacher_scores = [] }) => ({
        query,
        documents: [positive.text, ...negatives.map(({ text }) => text)],
        labels: teacher_scores,
      })),
  problem: (loss, { rows }, records) => {
    if (rows > 0) return null;
    return records.some((record) => record.teacher_scores)
      ? `${loss} needs negatives, but no record with teacher_scores has any. Mine negatives and score them.`
      : `${loss} needs teacher scores, but no record has teacher_scores. Add them, or choose BinaryCrossEntropyLoss.`;
  },
  warning: ({ rows, records }) =>
    rows > 0 && rows < records
      ? `${records - rows} of ${records} records have no teacher_scores or no negatives and are left out.`
      : null,
};

export const shapeViews: Readonly<Record<DataShape, ShapeView>> = {
  'labelled-pairs': pairs,
  'class-labelled-pairs': pairs,
  tuples,
  'scored-tuples': scoredTuples,
};

/** Training rows in the shape of a loss. The same records serve every loss; nothing is stored twice. */
export function projectRecords(
  records: readonly TrainingRecord[],
  shape: DataShape,
  { useHardNegatives = true }: ProjectionOptions = {},
): TrainingExample[] {
  return shapeViews[shape].project(records, { useHardNegatives });
}
