/** Turns logits into scores, so that a score always has the same meaning. */

/** SBERT's names of the activations that prediction applies to logits. */
export type ActivationName = 'Sigmoid' | 'Identity';

/**
 * One score for each row of `logits` [rows, numLabels].
 *
 * One logit: its sigmoid, in 0..1, or the logit itself with `Identity`; never a softmax over one logit,
 * which is always 1. Two classes: the probability of class 1, or with `Identity` the difference of the
 * logits, of which that is the sigmoid.
 */
export function rerankScores(
  logits: Float32Array,
  numLabels: number,
  activation: ActivationName,
): Float32Array {
  if (numLabels !== 1 && numLabels !== 2) {
    throw new RangeError(
      `A score needs one logit or two classes. This model has ${numLabels} classes; use predictClasses.`,
    );
  }
  const rows = logits.length / numLabels;
  return Float32Array.from({ length: rows }, (_, row) => {
    const logit =
      numLabels === 1
        ? (logits[row] as number)
        : (logits[2 * row + 1] as number) - (logits[2 * row] as number);
    return activation === 'Sigmoid' ? sigmoid(logit) : logit;
  });
}

/** The probabilities of all classes, [rows][numLabels]: softmax, or with one logit its sigmoid. */
export function classProbabilities(logits: Float32Array, numLabels: number): Float32Array[] {
  const rows = logits.length / numLabels;
  return Array.from({ length: rows }, (_, row) => {
    const own = logits.subarray(row * numLabels, (row + 1) * numLabels);
    if (numLabels === 1) return own.map(sigmoid);
    const highest = Math.max(...own);
    const powers = own.map((logit) => Math.exp(logit - highest));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  });
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
