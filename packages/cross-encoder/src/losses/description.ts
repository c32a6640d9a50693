/** The description of a loss. Picker, command-line help, validation and reference follow from it. */
import type { ParameterDescription } from '../parameters.js';

/** The shapes of training rows, with the labels of a row: one, a teacher's for its documents, or none. */
export const dataShapes = {
  'labelled-pairs': { labels: 'one' },
  'class-labelled-pairs': { labels: 'one' },
  tuples: { labels: 'none' },
  'scored-tuples': { labels: 'teacher' },
} as const;

export type DataShape = keyof typeof dataShapes;

export interface LossDescription {
  /** The class name in `sentence_transformers.cross_encoder.losses`. */
  readonly name: string;
  /** The product's short name, e.g. `softmax`. */
  readonly alias: string;
  readonly summary: string;
  readonly dataShape: DataShape;
  /** The columns as SBERT's documentation tabulates them, e.g. `(query, document) pairs`. */
  readonly inputs: string;
  readonly labels: string;
  /** Number of logits the head must have: exactly this, or at least this. */
  readonly numLabels: { readonly exactly: number } | { readonly atLeast: number };
  readonly parameters: readonly ParameterDescription[];
  readonly purpose: string;
  /** The activation applied inside the loss. */
  readonly activation: string;
  /** Rows of a batch: the usual range, and the number to begin with. */
  readonly batchSize: { readonly from: number; readonly to: number; readonly recommended: number };
  /** The same as a sentence, with the reason. */
  readonly batchSizeAdvice: string;
  /** How it relates to other losses, one sentence each. */
  readonly relations: readonly string[];
  /** Other names that users search for, each with the message that explains it. */
  readonly otherNames: Readonly<Record<string, string>>;
  /** Where the definition comes from: a paper or SBERT's class. */
  readonly references: readonly string[];
}

/** For losses whose pairs do not influence each other. */
export const anyBatchSize = adviseBatchSize(
  'Any size works, since pairs do not influence each other.',
  { from: 16, to: 64, recommended: 16 },
);

/** The batch size of a description as numbers and as a sentence. `costs` states what one more row costs. */
export function adviseBatchSize(
  costs: string,
  batchSize: LossDescription['batchSize'],
): Pick<LossDescription, 'batchSize' | 'batchSizeAdvice'> {
  const { from, to, recommended } = batchSize;
  return {
    batchSize,
    batchSizeAdvice: `${costs} ${from} to ${to} rows are usual, ${recommended} recommended.`,
  };
}
