/** Dropout whose mask is an input of the graph, cut from a pool that was drawn beforehand. */
import { GraphError, Tensor } from '../tensor.js';
import { multiply } from './elementwise.js';

/**
 * `x` with each element zeroed with `probability`, or else scaled by 1 / (1 - probability).
 *
 * ONNX's own Dropout draws on one thread and took 15 % of a training step; a mask that is a view of a
 * pool drawn once costs one multiplication. `probability` 0 gives `x` itself.
 */
export function dropout(x: Tensor, probability: number): Tensor {
  if (!(probability >= 0 && probability < 1)) {
    throw new GraphError(
      `dropout: expected a probability of at least 0 and below 1, got ${probability}`,
    );
  }
  if (probability === 0) return x;
  return multiply(x, dropoutMask(x, probability));
}

/** A mask for a tensor shaped like `x`: 0 or 1 / (1 - probability). */
export function dropoutMask(x: Tensor, probability: number): Tensor {
  return new Tensor('float32', x.shape, { kind: 'dropout-mask', probability });
}
