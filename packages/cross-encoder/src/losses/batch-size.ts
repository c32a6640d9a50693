/** How many rows of a batch suit a loss: numbers for programs, from which the sentence for people is made. */
import type { LossDescription } from './description.js';

/** `costs` says what a row brings, and what more of them change. */
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
