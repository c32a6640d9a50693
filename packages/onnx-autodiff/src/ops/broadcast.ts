/** Sums over axes and their opposite, repetition along axes: each is the gradient of the other. */
import { sameShape } from '../dimension.js';
import { type Dimension, integers, op, type Shape, type Tensor } from '../tensor.js';

/** The sum over `axes`, which stay as size 1 when `keepDimensions` is set. */
export function reduceSum(x: Tensor, axes: readonly number[], keepDimensions = false): Tensor {
  const kept: Shape = x.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  const shape = keepDimensions ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return op('ReduceSum', [x, integers(axes)], x.dataType, shape, {
    attributes: { keepdims: keepDimensions ? 1 : 0 },
    gradient: ([gradient]) => [
      expandLike(keepDimensions ? gradient! : unsqueeze(gradient!, axes), x),
    ],
  });
}

/** Repeats `x` along its axes of size 1 until it has the shape of `like`. */
export function expandLike(x: Tensor, like: Tensor): Tensor {
  if (sameShape(x.shape, like.shape)) return x;
  const repeated = like.shape
    .map((_, axis) => axis)
    .filter((axis) => x.shape[axis] !== like.shape[axis]);
  const known = like.shape.every((dimension) => typeof dimension === 'number');
  const target = known ? integers(like.shape as readonly number[]) : shapeOf(like);
  return op('Expand', [x, target], x.dataType, like.shape, {
    gradient: ([gradient]) => [reduceSum(gradient!, repeated, true), null],
  });
}

/** `x` with axes of size 1 inserted at `axes` of the result. */
export function unsqueeze(x: Tensor, axes: readonly number[]): Tensor {
  const sizes = x.shape.values();
  const rank = x.shape.length + axes.length;
  const shape = Array.from({ length: rank }, (_, axis) =>
    axes.includes(axis) ? 1 : (sizes.next().value as Dimension),
  );
  return op('Unsqueeze', [x, integers(axes)], x.dataType, shape, {
    gradient: ([gradient]) => [reduceSum(gradient!, axes), null],
  });
}

/** The shape of `x` as a tensor, for shapes that are known only when the graph runs. */
export function shapeOf(x: Tensor): Tensor {
  return op('Shape', [x], 'int64', [x.shape.length], { gradient: () => [null] });
}
