/** Compares the gradients of a graph with finite differences of its value. */
import { expect } from 'vitest';
import { evaluateDimension } from '../src/dimension.js';
import {
  add,
  gradients,
  input,
  type MaskSource,
  multiply,
  reduceSum,
  type Shape,
  type Tensor,
} from '../src/index.js';
import { type Numbers, openGraph } from './evaluate.js';

export interface DifferentiableExample {
  /** Shapes of the float32 inputs; names are bound by `sizes`. */
  readonly shapes: readonly Shape[];
  readonly sizes?: Readonly<Record<string, number>>;
  /** Inputs are drawn from here: where the op is defined and smooth. */
  readonly range?: readonly [number, number];
  /** Inputs that are no numbers to differentiate by, such as row numbers. */
  readonly integers?: Readonly<Record<string, Numbers>>;
  readonly masks?: MaskSource;
  readonly apply: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
}

/** Far enough for float32; the rule below errs by its fourth power. */
const STEP = 0.05;

/** Of the largest gradient of an input, or of 1 where that is smaller. */
const TOLERANCE = 5e-4;

/**
 * Projects all results to one scalar at random, and compares each element of each input's gradient with
 * (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h.
 */
export async function expectFiniteDifferences(example: DifferentiableExample): Promise<void> {
  const { shapes, sizes = {}, range = [-1, 1], integers = {}, apply } = example;
  const bound = new Map(Object.entries(sizes));
  const random = randomNumbers();
  const draw = (shape: Shape, [low, high]: readonly [number, number]): Numbers => {
    const known = shape.map((dimension) => evaluateDimension(dimension, bound));
    const length = known.reduce((count, size) => count * size, 1);
    return {
      shape: known,
      data: Array.from({ length }, () => Math.fround(low + random() * (high - low))),
    };
  };

  const inputs = shapes.map((shape, number) => input(`x${number}`, 'float32', shape));
  const feeds: Record<string, Numbers> = { ...integers };
  shapes.forEach((shape, number) => {
    feeds[`x${number}`] = draw(shape, range);
  });
  const results = [apply(...inputs)].flat();
  const scalar = results
    .map((result, number) => {
      feeds[`projection${number}`] = draw(result.shape, [-1, 1]);
      const projection = input(`projection${number}`, 'float32', result.shape);
      const everyAxis = [...result.shape.keys()];
      return everyAxis.length === 0
        ? multiply(result, projection)
        : reduceSum(multiply(result, projection), everyAxis);
    })
    .reduce((sum, one) => add(sum, one));

  const found = gradients(scalar, inputs);
  const outputs = Object.fromEntries(found.map((gradient, number) => [`g${number}`, gradient]));
  const graph = await openGraph({ scalar, ...outputs }, example.masks);
  const analytic = await graph.run(feeds);
  for (const [number, tensor] of found.entries()) {
    expect(tensor.shape, `shape of gradient ${number}`).toEqual(shapes[number]);
    const { data, shape } = feeds[`x${number}`] as Numbers;
    const numeric: number[] = [];
    for (const element of data.keys()) {
      const at = async (shift: number) => {
        const moved = data.map((value, other) => (other === element ? value + shift : value));
        const { scalar: value } = await graph.run(
          { ...feeds, [`x${number}`]: { shape, data: moved } },
          'scalar',
        );
        return value?.[0] as number;
      };
      const near = (await at(STEP)) - (await at(-STEP));
      const far = (await at(2 * STEP)) - (await at(-2 * STEP));
      numeric.push((8 * near - far) / (12 * STEP));
    }
    const scale = Math.max(1, ...numeric.map(Math.abs));
    const gradient = analytic[`g${number}`] as number[];
    expect(gradient.length).toBe(numeric.length);
    for (const [element, value] of gradient.entries()) {
      const difference = Math.abs(value - (numeric[element] as number)) / scale;
      // Not toBeLessThan: it would let NaN pass as a failure without the numbers.
      if (!(difference <= TOLERANCE)) {
        expect.fail(`input ${number}: gradient [${gradient}], by differences [${numeric}]`);
      }
    }
  }
  await graph.release();
}

/** Park and Miller's generator: the same numbers in every run. */
export function randomNumbers(seed = 7): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
