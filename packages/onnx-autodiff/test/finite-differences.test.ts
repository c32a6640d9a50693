import { expect, test } from 'vitest';
import { gradients, input, type Tensor } from '../src/index.js';
import * as ops from '../src/ops/index.js';
import { evaluate, type Numbers } from './evaluate.js';

interface Example {
  readonly op: keyof typeof ops;
  readonly shapes: readonly (readonly (number | string)[])[];
  readonly sizes?: Readonly<Record<string, number>>;
  /** Inputs lie here; away from where an op is not smooth. */
  readonly range?: readonly [number, number];
  readonly integers?: Readonly<Record<string, Numbers>>;
  readonly apply: (...inputs: Tensor[]) => Tensor;
}

const index = (name: string, shape: (number | string)[]) => input(name, 'int32', shape);

const examples: readonly Example[] = [
  { op: 'add', shapes: [[2, 3], [3]], apply: ops.add },
  {
    op: 'subtract',
    shapes: [
      [2, 1],
      [2, 3],
    ],
    apply: ops.subtract,
  },
  {
    op: 'multiply',
    shapes: [
      ['rows', 3],
      [1, 3],
    ],
    sizes: { rows: 2 },
    apply: ops.multiply,
  },
  {
    op: 'divide',
    shapes: [
      [2, 3],
      [2, 1],
    ],
    range: [0.5, 2],
    apply: ops.divide,
  },
  { op: 'negate', shapes: [[4]], apply: ops.negate },
  { op: 'exp', shapes: [[4]], apply: ops.exp },
  { op: 'log', shapes: [[4]], range: [0.5, 2], apply: ops.log },
  { op: 'sqrt', shapes: [[4]], range: [0.5, 2], apply: ops.sqrt },
  { op: 'reciprocal', shapes: [[4]], range: [0.5, 2], apply: ops.reciprocal },
  { op: 'tanh', shapes: [[4]], apply: ops.tanh },
  { op: 'sigmoid', shapes: [[4]], apply: ops.sigmoid },
  { op: 'softplus', shapes: [[4]], apply: ops.softplus },
  { op: 'erf', shapes: [[4]], apply: ops.erf },
  { op: 'gelu', shapes: [[2, 5]], range: [-3, 3], apply: ops.gelu },
  { op: 'gemm', shapes: [[2, 3], [3, 4], [4]], apply: (a, b, c) => ops.gemm(a, b, c) },
  {
    op: 'gemm',
    shapes: [
      [3, 2],
      [4, 3],
      [2, 4],
    ],
    apply: (a, b, c) => ops.gemm(a, b, c, { transposeA: true, transposeB: true }),
  },
  { op: 'linear', shapes: [['rows', 3], [4, 3], [4]], sizes: { rows: 2 }, apply: ops.linear },
  {
    op: 'batchedMatmul',
    shapes: [
      [2, 3, 4],
      [2, 4, 2],
    ],
    apply: (a, b) => ops.batchedMatmul(a, b, { scale: 0.5 }),
  },
  {
    op: 'batchedMatmul',
    shapes: [
      [2, 4, 3],
      [2, 2, 4],
    ],
    apply: (a, b) => ops.batchedMatmul(a, b, { transposeA: true, transposeB: true, scale: 2 }),
  },
  {
    op: 'reduceSum',
    shapes: [['rows', 3]],
    sizes: { rows: 2 },
    apply: (x) => ops.reduceSum(x, [0]),
  },
  {
    op: 'reduceMean',
    shapes: [['rows', 3]],
    sizes: { rows: 2 },
    apply: (x) => ops.reduceMean(x, [0, 1]),
  },
  { op: 'softmax', shapes: [[2, 4]], apply: ops.softmax },
  { op: 'logSoftmax', shapes: [[2, 4]], apply: ops.logSoftmax },
  {
    op: 'layerNormalization',
    shapes: [[2, 6], [6], [6]],
    apply: (x, s, b) => ops.layerNormalization(x, s, b, 1e-5),
  },
  {
    op: 'reshape',
    shapes: [['rows', 4]],
    sizes: { rows: 3 },
    apply: (x) => ops.multiply(ops.reshape(x, ['2*rows', 2]), ops.reshape(x, ['2*rows', 2])),
  },
  {
    op: 'reshapeTo',
    shapes: [[6], ['rows', 2]],
    sizes: { rows: 3 },
    apply: (x, like) => ops.multiply(ops.reshapeTo(x, like), like),
  },
  {
    op: 'transpose',
    shapes: [[2, 3]],
    apply: (x) => ops.multiply(ops.transpose(x, [1, 0]), ops.transpose(x, [1, 0])),
  },
  {
    op: 'expandLike',
    shapes: [
      [1, 3],
      [2, 3],
    ],
    apply: (x, like) => ops.multiply(ops.expandLike(x, like), like),
  },
  { op: 'sliceLast', shapes: [[2, 5]], apply: (x) => ops.sliceLast(ops.multiply(x, x), 1, 4) },
  {
    op: 'scatterToGroups',
    shapes: [['rows', 2]],
    sizes: { rows: 3 },
    integers: {
      a: { shape: [1, 2], data: [2, 0], integer: true },
      b: { shape: [1, 1], data: [1], integer: true },
      inverse: { shape: [3], data: [1, 2, 0], integer: true },
    },
    apply: (x) => {
      const groups = {
        indices: [index('a', [1, 2]), index('b', [1, 1])],
        inverse: index('inverse', ['rows']),
      };
      const [first, second] = ops.scatterToGroups(x, groups) as [Tensor, Tensor];
      const members = [ops.multiply(first, first), ops.exp(second)];
      return ops.gatherFromGroups(members, groups);
    },
  },
  {
    op: 'selectRows',
    shapes: [['rows', 2]],
    sizes: { rows: 4 },
    integers: {
      chosen: { shape: [2], data: [3, 1], integer: true },
      places: { shape: [4], data: [2, 1, 2, 0], integer: true },
    },
    apply: (x) => ops.selectRows(x, index('chosen', [2]), index('places', ['rows'])),
  },
];

/** Exported ops that have no example, and why. */
const exempt: Readonly<Record<string, string>> = {
  axisSize: 'a count, without gradient',
  concatenateRows: 'differentiated within gatherFromGroups, whose example covers it',
  gatherFromGroups: 'the second half of scatterToGroups’ example',
  dropout: 'a multiplication by a fed mask; see dropout.test.ts',
  dropoutMask: 'an input',
  flatten: 'reshape under another name',
  lookUpRows: 'has no gradient towards its table, on purpose',
  quantizationOf: 'no tensor',
  quantize: 'inference only',
  quantizedLinear: 'inference only',
  quantizeWeight: 'no tensor',
  sumRows: 'only used by gradient rules, whose examples cover it',
};

test('every exported op has an example here, or a reason why not', () => {
  const covered = new Set<string>(examples.map(({ op }) => op));
  expect(Object.keys(ops).filter((name) => !covered.has(name) && !(name in exempt))).toEqual([]);
});

const STEP = 1e-2;
const TOLERANCE = 2e-3;

test.each(examples.map((example, number) => [`${example.op} (${number})`, example] as const))(
  'the gradient of %s is what finite differences say',
  async (_, example) => {
    const { shapes, sizes = {}, range = [-1, 1], integers = {}, apply } = example;
    const inputs = shapes.map((shape, number) => input(`x${number}`, 'float32', shape));
    const feeds: Record<string, Numbers> = { ...integers };
    const random = randomNumbers();
    shapes.forEach((shape, number) => {
      const known = shape.map((size) => (typeof size === 'number' ? size : (sizes[size] ?? 1)));
      const length = known.reduce((count, size) => count * size, 1);
      const data = Array.from({ length }, () => range[0] + random() * (range[1] - range[0]));
      feeds[`x${number}`] = { shape: known, data };
    });
    // A scalar in which every element of the result weighs differently.
    const result = apply(...inputs);
    const weighted = ops.multiply(result, ops.sigmoid(ops.multiply(result, 0.7)));
    const scalar = ops.reduceSum(
      weighted,
      result.shape.map((__, axis) => axis),
    );
    const found = gradients(scalar, inputs);
    const outputs = Object.fromEntries(found.map((gradient, number) => [`g${number}`, gradient]));
    const analytic = await evaluate({ loss: scalar, ...outputs }, feeds);

    for (const number of inputs.keys()) {
      const { data, shape } = feeds[`x${number}`]!;
      const numeric: number[] = [];
      for (const element of data.keys()) {
        const at = async (shift: number) => {
          const moved = data.map((value, other) => (other === element ? value + shift : value));
          const feed = { ...feeds, [`x${number}`]: { shape, data: moved } };
          return (await evaluate({ loss: scalar }, feed)).loss![0]!;
        };
        numeric.push(((await at(STEP)) - (await at(-STEP))) / (2 * STEP));
      }
      const scale = Math.max(1, ...numeric.map(Math.abs));
      analytic[`g${number}`]!.forEach((value, element) => {
        expect(Math.abs(value - numeric[element]!) / scale).toBeLessThan(TOLERANCE);
      });
    }
  },
);

function randomNumbers(): () => number {
  let state = 7;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
