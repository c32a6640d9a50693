/** Means along axes, and softmax. */
import { applyOp, only, type Tensor } from '../tensor.js';
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
  const shape = only(
    applyOp({
      opType: 'Shape',
      inputs: [x],
      attributes: { start: axis, end: axis + 1 },
      outputs: [{ dataType: 'int64', shape: [1] }],
      gradient: none,
    }),
  );
  const scalar = only(
    applyOp({
      opType: 'Squeeze',
      inputs: [shape],
      outputs: [{ dataType: 'int64', shape: [] }],
      gradient: none,
    }),
  );
  return only(
    applyOp({
      opType: 'Cast',
      inputs: [scalar],
      attributes: { to: FLOAT },
      outputs: [{ dataType: 'float32', shape: [] }],
      gradient: none,
    }),
  );
}

/** `TensorProto.DataType.FLOAT`. */
const FLOAT = 1;

/** Softmax along the last axis. */
export function softmax(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  const y: Tensor = only(
    applyOp({
      opType: 'Softmax',
      inputs: [x],
      attributes: { axis: -1 },
      outputs: [{ dataType: x.dataType, shape: x.shape }],
      gradient: ([gradient]) => {
        const inner = reduceSum(multiply(gradient!, y), [last], true);
        return [multiply(y, subtract(gradient!, inner))];
      },
    }),
  );
  return y;
}

/** The logarithm of softmax along the last axis, stable for large values. */
export function logSoftmax(x: Tensor): Tensor {
  const last = x.shape.length - 1;
  const y: Tensor = only(
    applyOp({
      opType: 'LogSoftmax',
      inputs: [x],
      attributes: { axis: -1 },
      outputs: [{ dataType: x.dataType, shape: x.shape }],
      gradient: ([gradient]) => {
        const total = reduceSum(gradient!, [last], true);
        return [subtract(gradient!, multiply(exp(y), total))];
      },
    }),
  );
  return y;
}
