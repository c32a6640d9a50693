/**
 * Uses of every op that can be differentiated; `finite-differences.test.ts` checks the gradient of each.
 * A new op needs an example here, or a reason in `exempt`.
 */
import { input, type Tensor } from '../src/index.js';
import * as ops from '../src/ops/index.js';
import type { Numbers } from './evaluate.js';
import type { DifferentiableExample } from './finite-differences.js';

type OpName = keyof typeof ops;

const rows = { rows: 2 };
const integers = (shape: number[], data: number[]): Numbers => ({ shape, data, integer: true });
const index = (name: string, shape: (number | string)[]) => input(name, 'int32', shape);

/** Two operands by every way they may broadcast. */
const broadcasting: readonly Pick<DifferentiableExample, 'shapes' | 'sizes'>[] = [
  { shapes: [[4], [4]] },
  { shapes: [[2, 3], [3]] },
  { shapes: [[3], [2, 3]] },
  { shapes: [[], [2, 2]] },
  {
    shapes: [
      [2, 1],
      [1, 3],
    ],
  },
  { shapes: [['rows', 3], [3]], sizes: rows },
  {
    shapes: [
      ['rows', 3],
      ['rows', 1],
    ],
    sizes: rows,
  },
  {
    shapes: [
      ['a', 'b'],
      [2, 'a', 'b'],
    ],
    sizes: { a: 2, b: 3 },
  },
  {
    shapes: [
      ['a', 1, 'c'],
      ['a', 'b', 1],
    ],
    sizes: { a: 1, b: 2, c: 3 },
  },
];

const binary = (op: (a: Tensor, b: Tensor) => Tensor, range?: [number, number]) =>
  broadcasting.map((shapes) => ({ ...shapes, ...(range && { range }), apply: op }));

const unary = (op: (x: Tensor) => Tensor, range: [number, number] = [-1.5, 1.5]) => [
  { shapes: [[5]], range, apply: op },
  { shapes: [['rows', 3]], sizes: rows, range, apply: op },
];

const positive: [number, number] = [0.5, 2];

/** Four ways to orient the operands of a product. */
const orientations = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({ transposeA, transposeB })),
);

const oriented = (first: number | string, second: number | string, transposed: boolean) =>
  transposed ? [second, first] : [first, second];

const groupIndices = {
  a: integers([1, 2], [2, 0]),
  b: integers([1, 1], [1]),
  inverse: integers([3], [1, 2, 0]),
};
const groups = (): ops.RowGroups => ({
  indices: [index('a', [1, 2]), index('b', [1, 1])],
  inverse: index('inverse', ['rows']),
});

export const examples: Readonly<Partial<Record<OpName, readonly DifferentiableExample[]>>> = {
  add: binary(ops.add),
  subtract: [
    ...binary(ops.subtract),
    { shapes: [[3]], apply: (x) => ops.subtract(2, x) },
    { shapes: [[3]], apply: (x) => ops.subtract(x, x) },
  ],
  multiply: [
    ...binary(ops.multiply),
    { shapes: [[3]], apply: (x) => ops.multiply(x, x) },
    { shapes: [[3]], apply: (x) => ops.multiply(x, -3) },
  ],
  divide: [
    ...binary(ops.divide, positive),
    { shapes: [[3]], range: positive, apply: (x) => ops.divide(1, x) },
  ],
  negate: unary(ops.negate),
  exp: unary(ops.exp),
  log: unary(ops.log, positive),
  sqrt: unary(ops.sqrt, positive),
  reciprocal: unary(ops.reciprocal, positive),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  softplus: unary(ops.softplus),
  erf: unary(ops.erf),
  gelu: unary(ops.gelu, [-3, 3]),
  dropout: [
    {
      shapes: [['rows', 3]],
      sizes: rows,
      masks: () => Float32Array.of(0, 2, 2, 0, 2, 0),
      apply: (x) => ops.dropout(ops.multiply(x, x), 0.5),
    },
  ],
  gemm: [
    ...orientations.flatMap((options) => [
      {
        shapes: [oriented(2, 3, options.transposeA), oriented(3, 4, options.transposeB), [4]],
        apply: (a: Tensor, b: Tensor, c: Tensor) => ops.gemm(a, b, c, options),
      },
      {
        shapes: [oriented('rows', 3, options.transposeA), oriented(3, 4, options.transposeB)],
        sizes: rows,
        apply: (a: Tensor, b: Tensor) => ops.gemm(a, b, null, options),
      },
    ]),
    {
      shapes: [
        [2, 3],
        [3, 4],
        [2, 4],
      ],
      apply: (a, b, c) => ops.gemm(a, b, c),
    },
  ],
  linear: [{ shapes: [['rows', 3], [4, 3], [4]], sizes: rows, apply: ops.linear }],
  sumRows: [{ shapes: [['rows', 3]], sizes: rows, apply: ops.sumRows }],
  batchedMatmul: orientations.map((options) => ({
    shapes: [
      ['batch', ...oriented('rows', 3, options.transposeA)],
      ['batch', ...oriented(3, 2, options.transposeB)],
    ],
    sizes: { batch: 2, rows: 3 },
    apply: (a: Tensor, b: Tensor) => ops.batchedMatmul(a, b, { ...options, scale: 0.5 }),
  })),
  reduceSum: [
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.reduceSum(x, [0]) },
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.reduceSum(x, [1], true) },
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.reduceSum(x, [0, 1]) },
    {
      shapes: [['c', 'a', 'b']],
      sizes: { a: 2, b: 3, c: 2 },
      apply: (x) => ops.reduceSum(x, [0]),
    },
  ],
  reduceMean: [
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.reduceMean(x, [0, 1]) },
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.reduceMean(x, [0], true) },
  ],
  softmax: [
    { shapes: [[2, 4]], apply: ops.softmax },
    { shapes: [['a', 'b', 3]], sizes: { a: 1, b: 2 }, apply: ops.softmax },
  ],
  logSoftmax: [
    { shapes: [[2, 4]], apply: ops.logSoftmax },
    { shapes: [['rows', 'columns']], sizes: { rows: 2, columns: 3 }, apply: ops.logSoftmax },
  ],
  layerNormalization: [
    {
      shapes: [['rows', 6], [6], [6]],
      sizes: rows,
      apply: (x, s, b) => ops.layerNormalization(x, s, b, 1e-5),
    },
    { shapes: [[2, 4], [4], [4]], apply: (x, s, b) => ops.layerNormalization(x, s, b, 0.5) },
  ],
  reshape: [
    { shapes: [['rows', 4]], sizes: rows, apply: (x) => ops.reshape(x, ['2*rows', 2]) },
    { shapes: [[2, 6]], apply: (x) => ops.reshape(x, [3, 4]) },
  ],
  flatten: [{ shapes: [['rows', 3]], sizes: rows, apply: ops.flatten }],
  reshapeTo: [
    {
      shapes: [[6], ['rows', 3]],
      sizes: rows,
      apply: (x, like) => [ops.reshapeTo(x, like), like],
    },
  ],
  transpose: [
    { shapes: [[2, 3]], apply: (x) => ops.transpose(x, [1, 0]) },
    { shapes: [['rows', 3, 2]], sizes: rows, apply: (x) => ops.transpose(x, [1, 2, 0]) },
  ],
  unsqueeze: [
    { shapes: [['a', 'b']], sizes: { a: 2, b: 3 }, apply: (x) => ops.unsqueeze(x, [0, 2]) },
  ],
  expandLike: [
    {
      shapes: [
        [1, 3],
        [2, 3],
      ],
      apply: (x, like) => [ops.expandLike(x, like), like],
    },
    {
      shapes: [
        ['rows', 1],
        ['rows', 3],
      ],
      sizes: rows,
      apply: (x, like) => [ops.expandLike(x, like), like],
    },
  ],
  sliceLast: [
    { shapes: [[2, 5]], apply: (x) => ops.sliceLast(x, 1, 4) },
    { shapes: [['rows', 3]], sizes: rows, apply: (x) => ops.sliceLast(x, 0, 1) },
  ],
  scatterToGroups: [
    {
      shapes: [['rows', 2]],
      sizes: { rows: 3 },
      integers: groupIndices,
      apply: (x) => ops.scatterToGroups(x, groups()),
    },
  ],
  gatherFromGroups: [
    {
      shapes: [
        [1, 2, 3],
        [1, 1, 3],
      ],
      sizes: { rows: 3 },
      integers: groupIndices,
      apply: (first, second) =>
        ops.gatherFromGroups([first, second], {
          indices: groups().indices,
          inverse: index('inverse', ['rows']),
        }),
    },
  ],
  selectRows: [
    {
      shapes: [['rows', 2]],
      sizes: { rows: 4 },
      integers: { chosen: integers([2], [3, 1]), places: integers([4], [2, 1, 2, 0]) },
      apply: (x) => ops.selectRows(x, index('chosen', [2]), index('places', ['rows'])),
    },
  ],
};

/** Exported ops that have no example, and why. */
export const exempt: Readonly<Partial<Record<OpName, string>>> = {
  axisSize: 'a count: it has no gradient',
  concatenateRows: 'differentiated within gatherFromGroups alone',
  dropoutMask: 'an input, which dropout multiplies by',
  lookUpRows: 'has no gradient towards its table, on purpose',
  quantizationOf: 'gives no tensor',
  quantize: 'inference only',
  quantizedLinear: 'inference only',
  quantizeWeight: 'gives no tensor',
  shapeOf: 'whole numbers: they have no gradient',
};
