import { expect, test } from 'vitest';
import {
  constant,
  exactWeightType,
  GraphSession,
  input,
  quantizedLinear,
  quantizeWeight,
  type WeightType,
} from '../src/index.js';

const ROWS = 7;
const INNER = 48;
const OUT = 21;

/** Weights and bytes that go to both ends of their range in runs, so that neighbours are large together. */
const weight = Float32Array.from(
  { length: OUT * INNER },
  (_, at) => Math.sign(Math.sin(at / 3)) * (1 + Math.cos(at)),
);
const bytes = Uint8Array.from({ length: ROWS * INNER }, (_, at) => 255 - ((at * at) % 40));

type Pair = (a: number, b: number) => number;
const exactly: Pair = (a, b) => a + b;
/** What vpmaddubsw does with two products of an unsigned and a signed byte. */
const in16Bits: Pair = (a, b) => Math.min(32767, Math.max(-32768, a + b));

/** The layer in plain numbers, two products of a column at a time. */
function byHand(pair: Pair): number[] {
  const { values, scales } = quantizeWeight(weight, OUT, INNER, 'int8');
  return Array.from({ length: ROWS * OUT }, (_, at) => {
    const [row, column] = [Math.floor(at / OUT), at % OUT];
    const times = (i: number) => bytes[row * INNER + i]! * values[i * OUT + column]!;
    let sum = 0;
    for (let i = 0; i < INNER; i += 2) sum += pair(times(i), times(i + 1));
    return sum * scales[column]!;
  });
}

async function layer(type: WeightType): Promise<ArrayLike<number>> {
  const { values, scales } = quantizeWeight(weight, OUT, INNER, type);
  const product = quantizedLinear(
    input('x', 'uint8', [ROWS, INNER]),
    { scale: 1, zeroPoint: 0 },
    input('weight', type, [INNER, OUT]),
    constant(scales, [OUT]),
    constant(new Float32Array(OUT), [OUT]),
  );
  const initializers = new Map([['weight', { shape: [INNER, OUT], data: values }]]);
  const session = await GraphSession.create({ outputs: { product }, initializers }, { threads: 1 });
  const feeds = new Map([['x', { data: bytes, shape: [ROWS, INNER] }]]);
  const results = await session.run(feeds, new Map([['product', null]]));
  await session.release();
  return results.get('product')!.data as Float32Array;
}

const furthest = (a: ArrayLike<number>, b: readonly number[]) =>
  Math.max(...b.map((value, at) => Math.abs(value - a[at]!)));

test('two products of 8-bit integers do not fit into 16 bits', () => {
  expect(furthest(byHand(exactly), byHand(in16Bits))).toBeGreaterThan(100);
});

test('unsigned weights are multiplied exactly on every CPU', async () => {
  expect(furthest(await layer('uint8'), byHand(exactly))).toBeLessThan(0.01);
});

test('signed weights are multiplied exactly, or saturate if the check says so', async () => {
  const pair = (await exactWeightType()) === 'int8' ? exactly : in16Bits;
  expect(furthest(await layer('int8'), byHand(pair))).toBeLessThan(0.01);
});
