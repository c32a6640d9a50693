/** Ops that move elements or change a shape, and compute nothing. */
import { product, sameShape } from '../dimension.js';
import {
  applyOp,
  type Dimension,
  GraphError,
  integers,
  only,
  type Shape,
  type Tensor,
} from '../tensor.js';
import { shapeOf } from './broadcast.js';

/** The same elements, in the same order, under another shape. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  return only(
    applyOp({
      opType: 'Reshape',
      inputs: [x, integers(reshapeTarget(x.shape, shape))],
      outputs: [{ dataType: x.dataType, shape }],
      gradient: ([gradient]) => [reshape(gradient!, x.shape)],
    }),
  );
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
  return only(
    applyOp({
      opType: 'Transpose',
      inputs: [x],
      attributes: { perm: permutation },
      outputs: [
        { dataType: x.dataType, shape: permutation.map((axis) => x.shape[axis] as Dimension) },
      ],
      gradient: ([gradient]) => [transpose(gradient!, inverse)],
    }),
  );
}

/** The same elements in the shape of `like`, which may be known only when the graph runs. */
export function reshapeTo(x: Tensor, like: Tensor): Tensor {
  return only(
    applyOp({
      opType: 'Reshape',
      inputs: [x, shapeOf(like)],
      outputs: [{ dataType: x.dataType, shape: like.shape }],
      gradient: ([gradient]) => [reshapeTo(gradient!, x), null],
    }),
  );
}

/** Tensors joined along the first axis. It is not differentiated: see `gatherFromGroups`. */
export function concatenateRows(tensors: readonly Tensor[], rows: Dimension): Tensor {
  const [first] = tensors;
  if (!first) throw new GraphError('Concat: at least one tensor is needed');
  if (tensors.length === 1) return first;
  return only(
    applyOp({
      opType: 'Concat',
      inputs: tensors,
      attributes: { axis: 0 },
      outputs: [{ dataType: first.dataType, shape: [rows, ...first.shape.slice(1)] }],
    }),
  );
}

/** Columns `start` to `end` (exclusive) of the last axis. */
export function sliceLast(x: Tensor, start: number, end: number): Tensor {
  const last = x.shape.length - 1;
  const width = x.shape[last];
  return only(
    applyOp({
      opType: 'Slice',
      inputs: [x, integers([start]), integers([end]), integers([last])],
      outputs: [{ dataType: x.dataType, shape: [...x.shape.slice(0, last), end - start] }],
      gradient: ([gradient]) => {
        if (typeof width !== 'number') throw new GraphError('Slice: the sliced axis must be known');
        const rank = x.shape.length;
        const pads = new Array<number>(rank * 2).fill(0);
        pads[last] = start;
        pads[rank + last] = width - end;
        return [
          only(
            applyOp({
              opType: 'Pad',
              inputs: [gradient!, integers(pads)],
              outputs: [{ dataType: x.dataType, shape: x.shape }],
            }),
          ),
        ];
      },
    }),
  );
}

/** All elements as one axis. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [product(x.shape)]);
}
