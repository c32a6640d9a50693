import type { ParameterDescription } from '../parameters.js';

/** The shapes of training data that losses are fed, by the name the documentation uses for them. */
export type DataShape = 'labelled-pairs' | 'class-labelled-pairs' | 'tuples' | 'scored-tuples';

/** What a loss says about itself: one text from which picker, help, validation and documentation follow. */
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
  /** Rows of a batch: what is usual, and what to begin with. */
  readonly batchSize: { readonly from: number; readonly to: number; readonly recommended: number };
  /** The same in words, with the reason. */
  readonly batchSizeAdvice: string;
  /** How it relates to its siblings, one sentence each. */
  readonly relations: readonly string[];
  /** Where the definition comes from: a paper or SBERT's class. */
  readonly references: readonly string[];
}
