/**
 * One row of training data: a query with one or more documents. `dataShapes` lists the shapes that losses take:
 *
 * - labelled pairs (`BinaryCrossEntropyLoss`, `CrossEntropyLoss`): one document, one label;
 * - tuples (`MultipleNegativesRankingLoss`): the positive first, then hard negatives, no labels;
 * - scored tuples (`MarginMSELoss`): the positive first, then negatives; labels are the teacher's
 *   scores (as many as documents) or margins (one fewer).
 */
export interface TrainingExample {
  readonly query: string;
  readonly documents: readonly string[];
  readonly labels?: readonly number[];
  /** Weight of this row in the loss; 1 when absent. */
  readonly weight?: number;
}
