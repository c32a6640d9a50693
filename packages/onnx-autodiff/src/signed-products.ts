/** Checks whether this CPU adds products of unsigned and signed 8-bit integers exactly. */
import { quantizedLinear, type WeightType } from './ops/quantization.js';
import { GraphSession, type Value } from './session.js';
import { constant, input } from './tensor.js';

let known: Promise<WeightType> | undefined;

/**
 * The weight type in which `quantizedLinear` is exact and fastest on this CPU; checked once per process.
 *
 * Without VNNI, AVX2 and AVX-512 add two products in 16 bits and saturate (vpmaddubsw), so `int8`
 * weights give wrong sums. `uint8` weights are exact on every CPU, but with VNNI they take 1.45 times as long.
 */
export function exactWeightType(): Promise<WeightType> {
  known ??= signedProductsAreExact().then((exact) => (exact ? 'int8' : 'uint8'));
  return known;
}

const ROWS = 5;
const INNER = 68;
const COLUMNS = 33;

/** Multiplies the largest possible numbers, whose sums float32 holds exactly. */
async function signedProductsAreExact(): Promise<boolean> {
  const weights = Int8Array.from(
    { length: INNER * COLUMNS },
    (_, at) => ((at * 7) % 3) * 127 - 127,
  );
  const product = quantizedLinear(
    input('x', 'uint8', [ROWS, INNER]),
    { scale: 1, zeroPoint: 0 },
    input('weights', 'int8', [INNER, COLUMNS]),
    constant(new Float32Array(COLUMNS).fill(1), [COLUMNS]),
    constant(new Float32Array(COLUMNS), [COLUMNS]),
  );
  const session = await GraphSession.create(
    {
      outputs: { product },
      initializers: new Map([['weights', { shape: [INNER, COLUMNS], data: weights }]]),
    },
    { threads: 1 },
  );
  const x = { data: new Uint8Array(ROWS * INNER).fill(255), shape: [ROWS, INNER] };
  const results = await session.run(new Map([['x', x]]), new Map([['product', null]]));
  await session.release();
  const found = (results.get('product') as Value).data;
  return found.every((sum, at) => {
    let exact = 0;
    for (let i = 0; i < INNER; i++)
      exact += 255 * (weights[i * COLUMNS + (at % COLUMNS)] as number);
    return sum === exact;
  });
}
