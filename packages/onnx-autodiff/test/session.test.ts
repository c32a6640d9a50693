import { expect, test } from 'vitest';
import {
  batchedMatmul,
  dropout,
  GraphSession,
  gelu,
  input,
  multiply,
  RuntimeError,
  reduceSum,
  type Value,
} from '../src/index.js';

const x = input('x', 'float32', ['rows', 2]);
const value = (data: number[], shape: number[]): Value => ({
  data: Float32Array.from(data),
  shape,
});
const fetch = new Map([['y', null]]);

test('feeds are checked by name, type and shape', async () => {
  const y = multiply(x, input('w', 'float32', ['rows', 2]));
  const session = await GraphSession.create({ outputs: { y } });
  const good = value([1, 2], [1, 2]);
  await expect(session.run(new Map([['x', good]]), fetch)).rejects.toThrow("input 'w' is missing");
  await expect(
    session.run(
      new Map([
        ['x', good],
        ['w', value([1, 2, 3], [1, 3])],
      ]),
      fetch,
    ),
  ).rejects.toThrow("input 'w': expected float32 [rows,2], got float32 [1,3]");
  await expect(
    session.run(
      new Map([
        ['x', good],
        ['w', value([1, 2, 3, 4], [2, 2])],
      ]),
      fetch,
    ),
  ).rejects.toThrow('expected float32 [rows,2], got float32 [2,2]');
  const integers = { data: Int32Array.of(1, 2), shape: [1, 2] };
  await expect(
    session.run(
      new Map([
        ['x', good],
        ['w', integers],
      ]),
      fetch,
    ),
  ).rejects.toThrow('got int32');
});

test('feeds are checked by products of dimensions and by their number of elements', async () => {
  const twice = input('twice', 'float32', ['2*rows']);
  const session = await GraphSession.create({ outputs: { y: x, z: twice } });
  const run = (first: Value, second: Value) =>
    session.run(
      new Map([
        ['x', first],
        ['twice', second],
      ]),
      new Map([
        ['y', null],
        ['z', null],
      ]),
    );
  const good = value([1, 2, 3, 4], [2, 2]);
  await run(good, value([1, 2, 3, 4], [4]));
  await expect(run(good, value([1, 2], [2]))).rejects.toThrow(
    "input 'twice': '2*rows' is 4 in this run, got [2]",
  );
  await expect(run(value([1], [2, 2]), value([1, 2, 3, 4], [4]))).rejects.toThrow(
    "'x': the shape [2,2] needs 4 elements, got 1",
  );
});

test("results are written into the caller's memory", async () => {
  const session = await GraphSession.create({ outputs: { y: multiply(x, x) } });
  const memory = value([0, 0], [1, 2]);
  await session.run(new Map([['x', value([3, 4], [1, 2])]]), new Map([['y', memory]]));
  expect([...memory.data]).toEqual([9, 16]);
});

test('dropout multiplies by a mask of the shape known when the graph runs', async () => {
  const session = await GraphSession.create({ outputs: { y: dropout(x, 0.5) } });
  const asked: number[] = [];
  const masks = (elements: number, probability: number) => {
    asked.push(elements, probability);
    return Float32Array.of(0, 2, 2, 0);
  };
  const feeds = new Map([['x', value([1, 2, 3, 4], [2, 2])]]);
  const results = await session.run(feeds, fetch, masks);
  expect([...results.get('y')!.data]).toEqual([0, 4, 6, 0]);
  expect(asked).toEqual([4, 0.5]);
  await expect(session.run(feeds, fetch)).rejects.toThrow('pass a source of masks');
});

test('dropout of probability 0 adds no op, and 1 or NaN is an error', () => {
  expect(dropout(x, 0)).toBe(x);
  expect(() => dropout(x, 1)).toThrow('below 1, got 1');
  expect(() => dropout(x, Number.NaN)).toThrow('below 1, got NaN');
});

test('weights can be stored in the model instead of being fed', async () => {
  const y = multiply(x, input('w', 'float32', [2]));
  const initializers = new Map([['w', { shape: [2], data: Float32Array.of(10, 100) }]]);
  const session = await GraphSession.create({ outputs: { y }, initializers });
  const results = await session.run(new Map([['x', value([1, 2], [1, 2])]]), fetch);
  expect([...results.get('y')!.data]).toEqual([10, 200]);
});

test('standard ops compute the same as the fused ops', async () => {
  const a = input('a', 'float32', [1, 2, 3]);
  const product = batchedMatmul(a, a, { transposeB: true, scale: 0.25 });
  const y = gelu(product);
  const feeds = new Map([['a', value([1, -2, 0.5, 3, 0.1, -1], [1, 2, 3])]]);
  const fused = await GraphSession.create({ outputs: { y } });
  const plain = await GraphSession.create({ outputs: { y }, standardOpsOnly: true });
  const left = (await fused.run(feeds, fetch)).get('y')!.data as Float32Array;
  const right = (await plain.run(feeds, fetch)).get('y')!.data as Float32Array;
  for (const [element, number] of left.entries()) expect(right[element]).toBeCloseTo(number, 6);
});

test('a graph that ONNX Runtime refuses is an error with its reason', async () => {
  const y = reduceSum(input('z', 'bool', [2]), [0]);
  await expect(GraphSession.create({ outputs: { y } })).rejects.toThrow(RuntimeError);
});
