import {
  add,
  batchedMatmul,
  dropoutMask,
  GraphSession,
  gatherFromGroups,
  gradients,
  input,
  type MaskSource,
  multiply,
  product,
  reduceSum,
  reshape,
  scatterToGroups,
  softmax,
  type Tensor,
  type Value,
} from '@learning-reranker/onnx-autodiff';
import { describe, expect, test } from 'vitest';
import { attention } from '../../src/architectures/attention.js';
import { packSequences } from '../../src/batching/pack.js';
import { type AttentionLayout, packedInputs } from '../../src/batching/packed-inputs.js';
import { SeededRandom } from '../../src/random/seeded-random.js';

const HEADS = 2;
const HIDDEN = 8;
const LENGTHS = [3, 1, 5, 2];

const layouts: readonly AttentionLayout[] = [
  { groups: 1, single: false },
  { groups: 2, single: false },
  { groups: 7, single: false },
  { groups: 5, single: true },
];

/** Random queries, keys and values for the tokens of all sequences, and what packs them. */
function batch(layout: AttentionLayout, ofFirstTokens: boolean) {
  const packed = packSequences(
    LENGTHS.map((length) => ({
      inputIds: new Int32Array(length),
      tokenTypeIds: new Uint8Array(length),
    })),
    { heads: HEADS, attention: layout, padTokenId: 0 },
  );
  const tokens = packed.feeds.get('input_ids')!.data.length;
  const sequences = packed.feeds.get('first_tokens')!.shape[0] as number;
  const random = new SeededRandom(3);
  const draw = (rows: number, realRows: number): Value => ({
    // Numbers are drawn for real rows alone, so that every layout has the same.
    data: Float32Array.from({ length: rows * HIDDEN }, (_, at) =>
      at < realRows * HIDDEN ? random.nextNormal() : 0,
    ),
    shape: [rows, HIDDEN],
  });
  const realTokens = LENGTHS.reduce((sum, length) => sum + length);
  const queries = ofFirstTokens ? [sequences, LENGTHS.length] : [tokens, realTokens];
  const [queryRows, realQueryRows] = queries as [number, number];
  const feeds = new Map<string, Value>([
    ...packed.feeds,
    ['q', draw(queryRows, realQueryRows)],
    ['k', draw(tokens, realTokens)],
    ['v', draw(tokens, realTokens)],
    // Nobody reads what fillers give.
    ['projection', draw(queryRows, realQueryRows)],
  ]);
  return { feeds, realTokens, realQueryRows };
}

type Attend = (q: Tensor, k: Tensor, v: Tensor, layout: AttentionLayout) => Tensor;

async function run(
  attend: Attend,
  layout: AttentionLayout,
  feeds: ReadonlyMap<string, Value>,
  ofFirstTokens: boolean,
  masks?: MaskSource,
): Promise<Record<'y' | 'q' | 'k' | 'v', number[]>> {
  const q = input('q', 'float32', [ofFirstTokens ? 'packed_sequences' : 'tokens', HIDDEN]);
  const k = input('k', 'float32', ['tokens', HIDDEN]);
  const v = input('v', 'float32', ['tokens', HIDDEN]);
  const y = attend(q, k, v, layout);
  const projection = input('projection', 'float32', q.shape);
  const [dq, dk, dv] = gradients(reduceSum(multiply(y, projection), [0, 1]), [q, k, v]);
  const session = await GraphSession.create(
    { outputs: { y, dq: dq!, dk: dk!, dv: dv! } },
    { threads: 1 },
  );
  const names = ['y', 'dq', 'dk', 'dv'] as const;
  const results = await session.run(feeds, new Map(names.map((name) => [name, null])), masks);
  await session.release();
  const [found, ...by] = names.map((name) => [...(results.get(name)!.data as Float32Array)]);
  return { y: found!, q: by[0]!, k: by[1]!, v: by[2]! };
}

/** softmax(q·kᵀ / sqrt(head size))·v within each sequence and head, in float64, one number at a time. */
function byHand(
  values: Record<'q' | 'k' | 'v', readonly number[]>,
  ofFirstTokens: boolean,
): number[] {
  const size = HIDDEN / HEADS;
  const y: number[] = [];
  let start = 0;
  LENGTHS.forEach((length, sequence) => {
    const queried = ofFirstTokens ? [sequence] : Array.from({ length }, (_, at) => start + at);
    for (const row of queried) {
      for (let head = 0; head < HEADS; head++) {
        const at = (name: 'q' | 'k' | 'v', token: number, i: number) =>
          values[name][token * HIDDEN + head * size + i] as number;
        const scores = Array.from({ length }, (_, key) => {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += at('q', row, i) * at('k', start + key, i);
          return Math.exp(sum / Math.sqrt(size));
        });
        const total = scores.reduce((sum, score) => sum + score);
        for (let i = 0; i < size; i++) {
          y.push(
            scores.reduce((sum, score, key) => sum + (score / total) * at('v', start + key, i), 0),
          );
        }
      }
    }
    start += length;
  });
  return y;
}

function expectClose(found: readonly number[], wanted: readonly number[], digits: number): void {
  wanted.forEach((value, at) => {
    expect(found[at]).toBeCloseTo(value, digits);
  });
}

const fused: Attend = (q, k, v, layout) =>
  attention(q, k, v, packedInputs(HEADS, layout).attention, { heads: HEADS, dropout: 0 });

const queryKinds = [
  ['every token', false],
  ['first tokens', true],
] as const;

describe.each(queryKinds)('attention of %s', (_, ofFirstTokens) => {
  test.each(layouts)('equals the formula, and so do its gradients: %o', async (layout) => {
    const { feeds, realTokens, realQueryRows } = batch(layout, ofFirstTokens);
    const numbers = (name: string, rows: number) => [
      ...(feeds.get(name)!.data as Float32Array).slice(0, rows * HIDDEN),
    ];
    const values = {
      q: numbers('q', realQueryRows),
      k: numbers('k', realTokens),
      v: numbers('v', realTokens),
    };
    const projection = numbers('projection', realQueryRows);
    const found = await run(fused, layout, feeds, ofFirstTokens);
    expectClose(found.y, byHand(values, ofFirstTokens), 5);

    const scalar = (given: typeof values) =>
      byHand(given, ofFirstTokens).reduce((sum, y, at) => sum + y * projection[at]!, 0);
    for (const name of ['q', 'k', 'v'] as const) {
      const numeric = values[name].map((value, at) => {
        const shifted = (shift: number) => ({
          ...values,
          [name]: values[name].with(at, value + shift),
        });
        return (scalar(shifted(1e-4)) - scalar(shifted(-1e-4))) / 2e-4;
      });
      expectClose(found[name], numeric, 5);
      // Fillers have no gradient.
      for (const rest of found[name].slice(numeric.length))
        expect(Math.abs(rest)).toBeLessThan(1e-6);
    }
  });
});

/** The same of plain ops, each differentiated by its own rule. */
const composed =
  (probability: number): Attend =>
  (q, k, v, layout) => {
    const groups = packedInputs(HEADS, layout).attention;
    const parts = (x: Tensor) =>
      scatterToGroups(reshape(x, [product([x.shape[0]!, HEADS]), HIDDEN / HEADS]), groups.all);
    const [queries, keys, values] = [parts(q), parts(k), parts(v)];
    const contexts = queries.map((query, group) => {
      const scale = 1 / Math.sqrt(HIDDEN / HEADS);
      const scores = batchedMatmul(query, keys[group]!, { transposeB: true, scale });
      const mask = groups.masks?.[group];
      const probabilities = softmax(mask ? add(scores, mask) : scores);
      const kept = multiply(probabilities, dropoutMask(probabilities, probability));
      return batchedMatmul(kept, values[group]!);
    });
    return reshape(gatherFromGroups(contexts, groups.all), ['tokens', HIDDEN]);
  };

test.each(layouts)(
  'with dropout it is what plain ops compose, gradients too: %o',
  async (layout) => {
    const { feeds } = batch(layout, false);
    const masks = (): MaskSource => {
      const random = new SeededRandom(5);
      return (elements, probability) =>
        Float32Array.from({ length: elements }, () =>
          random.nextFloat() < probability ? 0 : 1 / (1 - probability),
        );
    };
    const withDropout: Attend = (q, k, v, own) =>
      attention(q, k, v, packedInputs(HEADS, own).attention, { heads: HEADS, dropout: 0.4 });
    const found = await run(withDropout, layout, feeds, false, masks());
    const wanted = await run(composed(0.4), layout, feeds, false, masks());
    for (const name of ['y', 'q', 'k', 'v'] as const) expectClose(found[name], wanted[name], 5);
    const without = await run(fused, layout, feeds, false);
    expect(found.y.some((value, at) => Math.abs(value - without.y[at]!) > 0.1)).toBe(true);
  },
);
