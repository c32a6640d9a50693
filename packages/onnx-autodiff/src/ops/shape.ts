/** Ops that move elements or change a shape, and compute nothing. */
import { product, sameShape } from '../dimension.js';
import { type Dimension, GraphError, integers, op, type Shape, type Tensor } from '../tensor.js';
import { shapeOf } from './broadcast.js';

/** The same elements, in the same order, under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return op('Reshape', [x, integers(reshapeTarget(x.shape, shape))], x.dataType, shape, {
    gradient: ([gradient]) => [reshape(gradient!, x.shape)],
  });
}

/** A shape as ONNX writes it: 0 copies the input's dimension at that place, one -1 is inferred. */
function reshapeTarget(from: Shape, to: Shape): number[] {
  const target = to.map((dimension, axis) => {
    if (typeof dimension === 'number') return dimension;
    return dimension === from[axis] ? 0 : -1;
  });
  if (target.filter((value) => value === -1).length > 1) {
    throw new GraphError(
      `Reshape: [${from}] to [${to}] has more than one dimension that is known only at run time`,
    );
  }
  return target;
}

export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return op(
    'Transpose',
    [x],
    x.dataType,
    permutation.map((axis) => x.shape[axis] as Dimension),
    {
      attributes: { perm: permutation },
      gradient: ([gradient]) => [transpose(gradient!, inverse)],
    },
  );
}

/** The same elements in the shape of `like`, which may be known only when the graph runs. */
export function reshapeTo(x: Tensor, like: Tensor): Tensor {
  return op('Reshape', [x, shapeOf(like)], x.dataType, like.shape, {
    gradient: ([gradient]) => [reshapeTo(gradient!, x), null],
  });
}

/** Tensors joined along the first axis. It is not differentiated: see `gatherFromGroups`. */
export function concatenateRows(tensors: readonly Tensor[], rows: Dimension): Tensor {
  const [first] = tensors;
  if (!first) throw new GraphError('Concat: at least one tensor is needed');
  if (tensors.length === 1) return first;
  return op('Concat', tensors, first.dataType, [rows, ...first.shape.slice(1)], {
    attributes: { axis: 0 },
  });
}

/** Columns `start` to `end` (exclusive) of the last axis. */
export function sliceLast(x: Tensor, start: number, end: number): Tensor {
  const last = x.shape.length - 1;
  const width = x.shape[last];
  return op(
    'Slice',
    [x, integers([start]), integers([end]), integers([last])],
    x.dataType,
    [...x.shape.slice(0, last), end - start],
    {
      gradient: ([gradient]) => {
        if (typeof width !== 'number') throw new GraphError('Slice: the sliced axis must be known');
        const rank = x.shape.length;
        const pads = new Array<number>(rank * 2).fill(0);
        pads[last] = start;
        pads[rank + last] = width - end;
        return [op('Pad', [gradient!, integers(pads)], x.dataType, x.shape)];
      },
    },
  );
}

/** All elements as one axis. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [product(x.shape)]);
}
