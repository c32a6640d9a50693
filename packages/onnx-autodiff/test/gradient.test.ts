import { expect, test } from 'vitest';
import {
  add,
  applyOp,
  GraphError,
  gradients,
  input,
  linear,
  multiply,
  only,
  reduceSum,
  type Tensor,
  withGradient,
} from '../src/index.js';
import { evaluate } from './evaluate.js';

const x = input('x', 'float32', [3]);
const w = input('w', 'float32', [3]);
const feeds = { x: { shape: [3], data: [1, 2, 3] }, w: { shape: [3], data: [4, 5, 6] } };

test('d/dw sum(x w) = x', async () => {
  const [dw] = gradients(reduceSum(multiply(x, w), [0]), [w]);
  expect((await evaluate({ dw: dw! }, feeds)).dw).toEqual([1, 2, 3]);
});

test('d/dx sum(x x x) = 3 x²: every use of a tensor adds to its gradient', async () => {
  const [dx] = gradients(reduceSum(multiply(multiply(x, x), x), [0]), [x]);
  expect((await evaluate({ dx: dx! }, feeds)).dx).toEqual([3, 12, 27]);
});

test('the gradient of an intermediate tensor can be asked for', async () => {
  const sum = add(x, w);
  const [ds] = gradients(reduceSum(multiply(sum, sum), [0]), [sum]);
  expect((await evaluate({ ds: ds! }, feeds)).ds).toEqual([10, 14, 18]);
});

test('an op with its own rule is differentiated only by that rule', async () => {
  const squared = multiply(x, x);
  const seven = only(
    withGradient('seven', [x], [squared], ([gradient]) => [multiply(gradient!, 7)]),
  );
  const [dx] = gradients(reduceSum(seven, [0]), [x]);
  const result = await evaluate({ dx: dx!, value: seven }, { x: feeds.x });
  expect(result).toEqual({ dx: [7, 7, 7], value: [1, 4, 9] });
});

test('each output of an op can be a target, whichever is used first', async () => {
  const halves = () =>
    withGradient('halves', [x], [multiply(x, 1), multiply(x, 2)], ([first, second]) => [
      add(first ?? 0, multiply(second ?? 0, 2)),
    ]) as [Tensor, Tensor];
  for (const wanted of [0, 1] as const) {
    const [first, second] = halves();
    const loss = reduceSum(multiply(first, second), [0]);
    const target = [first, second][wanted] as Tensor;
    const [gradient] = gradients(loss, [target]);
    const expected = wanted === 0 ? [2, 4, 6] : [1, 2, 3];
    expect((await evaluate({ gradient: gradient! }, { x: feeds.x })).gradient).toEqual(expected);
  }
});

test('a target may lie on the way to another, and be the loss itself', async () => {
  const squared = multiply(x, x);
  const loss = reduceSum(squared, [0]);
  const [dloss, dsquared, dx] = gradients(loss, [loss, squared, x]);
  const found = await evaluate({ dloss: dloss!, dsquared: dsquared!, dx: dx! }, { x: feeds.x });
  expect(found).toEqual({ dloss: [1], dsquared: [1, 1, 1], dx: [2, 4, 6] });
});

test('an op without a gradient rule is allowed where no gradient passes', async () => {
  const rounded = only(
    applyOp({ opType: 'Round', inputs: [w], outputs: [{ dataType: 'float32', shape: [3] }] }),
  );
  const [dx] = gradients(reduceSum(multiply(x, rounded), [0]), [x]);
  expect((await evaluate({ dx: dx! }, feeds)).dx).toEqual([4, 5, 6]);
});

test('an op without a gradient rule is refused by name', () => {
  const rounded = only(
    applyOp({ opType: 'Round', inputs: [x], outputs: [{ dataType: 'float32', shape: [3] }] }),
  );
  expect(() => gradients(reduceSum(rounded, [0]), [x])).toThrow('Round has no gradient rule');
});

test('a loss that cannot be differentiated is refused with the reason', () => {
  expect(() => gradients(multiply(x, w), [x])).toThrow('expected a scalar loss');
  expect(() => gradients(reduceSum(x, [0]), [w])).toThrow("does not depend on the target 'w'");
});

test('shapes that do not fit are refused when the graph is built', () => {
  const matrix = input('m', 'float32', ['rows', 4]);
  const weight = input('weight', 'float32', [2, 3]);
  expect(() => add(x, input('y', 'float32', [2]))).toThrow(GraphError);
  expect(() => linear(matrix, weight, x)).toThrow('inner dimensions differ, 4 and 3');
});
