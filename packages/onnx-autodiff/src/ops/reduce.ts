/** Means along axes, and softmax. */
import { op, type Tensor } from '../tensor.js';
import { reduceSum } from './broadcast.js';
import { divide, exp, multiply, subtract } from './elementwise.js';

/** The arithmetic mean over `axes`. */
export function reduceMean(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  return axes.reduce<Tensor>(
    (mean, axis) => divide(mean, axisSize(x, axis)),
    reduceSum(x, axes, keepDimensions),
  );
}

/** The number of elements along an axis, as a float32 scalar; it may be known only when the graph runs. */
export function axisSize(x: Tensor, axis: number): Tensor | number {
  const size = x.shape[axis];
  if (typeof size === 'number') return size;
  const none = () => [null];
  const shape = op('Shape', [x], 'int64', [1], {
    attributes: { start: axis, end: axis + 1 },
    gradient: none,
  });
  const scalar = op('Squeeze', [shape], 'int64', [], { gradient: none });
  return op('Cast', [scalar], 'float32', [], { attributes: { to: FLOAT }, gradient: none });
}

/** `TensorProto.DataType.FLOAT`. */
const FLOAT = 1;

/** Softmax along the last axis. */
export const softmax = alongLastAxis('Softmax', (gradient, y, sum) =>
  multiply(y, subtract(gradient, sum(multiply(gradient, y)))),
);

/** The logarithm of softmax along the last axis, stable for large values. */
export const logSoftmax = alongLastAxis('LogSoftmax', (gradient, y, sum) =>
  subtract(gradient, multiply(exp(y), sum(gradient))),
);

/** `rule` gives the gradient of the input; `sum` adds up the last axis, which stays as size 1. */
function alongLastAxis(
  opType: string,
  rule: (gradient: Tensor, y: Tensor, sum: (x: Tensor) => Tensor) => Tensor,
) {
  return (x: Tensor): Tensor => {
    const sum = (values: Tensor) => reduceSum(values, [x.shape.length - 1], true);
    const y: Tensor = op(opType, [x], x.dataType, x.shape, {
      attributes: { axis: -1 },
      gradient: ([gradient]) => [rule(gradient!, y, sum)],
    });
    return y;
  };
}
