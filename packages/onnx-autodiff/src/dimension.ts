/** Arithmetic on dimensions that may be names. */
import { type Dimension, GraphError, type Shape } from './tensor.js';

/** The product of dimensions, its numbers multiplied into one factor in front: `12*batch`. */
export function product(dimensions: readonly Dimension[]): Dimension {
  let factor = 1;
  const names: string[] = [];
  for (const dimension of dimensions) {
    for (const part of String(dimension).split('*')) {
      if (/^\d+$/.test(part)) factor *= Number(part);
      else names.push(part);
    }
  }
  if (names.length === 0) return factor;
  names.sort();
  return factor === 1 ? names.join('*') : `${factor}*${names.join('*')}`;
}

/** The size of a dimension whose names are bound. */
export function evaluateDimension(
  dimension: Dimension,
  bound: ReadonlyMap<string, number>,
): number {
  if (typeof dimension === 'number') return dimension;
  return dimension.split('*').reduce((value, part) => {
    const number = /^\d+$/.test(part) ? Number(part) : bound.get(part);
    if (number === undefined) {
      throw new GraphError(`dimension '${dimension}': no input gives the size of '${part}'`);
    }
    return value * number;
  }, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** The shape two operands broadcast to, by NumPy's rule. */
export function broadcastShapes(opType: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new GraphError(`${opType}: shapes [${a}] and [${b}] do not broadcast`);
  });
}
