/** Ops that pick rows by number. */
import { product } from '../dimension.js';
import { type Dimension, GraphError, only, op, Tensor, withGradient } from '../tensor.js';
import { concatenateRows, reshape } from './shape.js';

/**
 * Rows of `table` [rows, width] by `index` (any shape): [...index, width].
 *
 * It has no gradient towards `table`: a gradient as large as an embedding table, nearly all zeros,
 * would be computed at every step. Ask for the gradient of the result and add it up by row.
 */
export function lookUpRows(table: Tensor, index: Tensor): Tensor {
  if (table.shape.length !== 2) {
    throw new GraphError(`Gather: expected a matrix, got [${table.shape}]`);
  }
  return op(
    'Gather',
    [table, index],
    table.dataType,
    [...index.shape, table.shape[1] as Dimension],
    { attributes: { axis: 0 } },
  );
}

/**
 * How rows of a matrix are distributed to groups, and where each is found again. Every row has exactly
 * one place in `inverse`; other places (padding) may show any row whose gradient is zero.
 */
export interface RowGroups {
  /** For each group the rows it shows: int32 tensors of any shape. */
  readonly indices: readonly Tensor[];
  /** For each row its place in all groups laid end to end, int32 [rows]. */
  readonly inverse: Tensor;
}

/** Distributes the rows of `x` [rows, width] to groups, each [...index, width]. */
export function scatterToGroups(x: Tensor, groups: RowGroups): Tensor[] {
  return withGradient(
    'scatterToGroups',
    [x],
    groups.indices.map((index) => lookUpRows(x, index)),
    (gradientsOfGroups) => {
      if (gradientsOfGroups.some((gradient) => gradient === null)) {
        throw new GraphError('scatterToGroups: the loss must depend on every group');
      }
      return [gatherFromGroups(gradientsOfGroups as readonly Tensor[], groups)];
    },
  );
}

/** Puts the rows of all groups back in order: the inverse of `scatterToGroups`. */
export function gatherFromGroups(members: readonly Tensor[], groups: RowGroups): Tensor {
  const rows = members.map((member) => {
    const width = member.shape.at(-1) as Dimension;
    return reshape(member, [product(member.shape.slice(0, -1)), width]);
  });
  const all = concatenateRows(rows, 'all_group_rows');
  return only(
    withGradient('gatherFromGroups', members, [lookUpRows(all, groups.inverse)], ([gradient]) =>
      scatterToGroups(gradient!, groups),
    ),
  );
}

/**
 * Rows of `x` [rows, width] by `index` [count], each at most once; `places` [rows] names for each row
 * of `x` its place in the result, or `count` where it has none.
 */
export function selectRows(x: Tensor, index: Tensor, places: Tensor): Tensor {
  const width = x.shape[1] as Dimension;
  return only(
    withGradient('selectRows', [x], [lookUpRows(x, index)], ([gradient]) => {
      const padded = op('Pad', [gradient!, padOneRow], 'float32', [
        'selected_rows_and_zero',
        width,
      ]);
      return [lookUpRows(padded, places)];
    }),
  );
}

const padOneRow = new Tensor('int64', [4], {
  kind: 'constant',
  data: BigInt64Array.of(0n, 0n, 1n, 0n),
});
