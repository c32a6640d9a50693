/** AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101) in place, with the arithmetic of `torch.optim.AdamW`. */
import type { WeightTensor } from '../formats/weights.js';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

/** The moving averages of one parameter's gradient and of its square. */
export interface Moments {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export interface OptimizedParameter {
  readonly name: string;
  readonly weight: WeightTensor;
  readonly gradient: Float32Array;
  readonly moments: Moments;
  /** For an embedding table: which of its rows have ever had a gradient. */
  readonly rows?: TouchedRows;
}

/**
 * Rows of an embedding table that ever had a gradient. A row that never had one has zero moments, so
 * its update is exactly zero: most of a vocabulary need not be visited.
 */
export class TouchedRows {
  readonly width: number;
  readonly #touched: Uint8Array;
  readonly #list: number[] = [];

  constructor(rows: number, width: number) {
    this.width = width;
    this.#touched = new Uint8Array(rows);
  }

  touch(row: number): void {
    if (this.#touched[row]) return;
    this.#touched[row] = 1;
    this.#list.push(row);
  }

  isTouched(row: number): boolean {
    return this.#touched[row] === 1;
  }

  get list(): readonly number[] {
    return this.#list;
  }
}

/** Whether a row of an embedding table has ever been updated, by what its moments say. */
export function isTouched({ first, second }: Moments, row: number, width: number): boolean {
  for (let i = row * width; i < (row + 1) * width; i++) {
    if (first[i] !== 0 || second[i] !== 0) return true;
  }
  return false;
}

/** Whether a parameter is decayed: as in `transformers`, biases and normalisation are left out. */
export function isDecayed(parameter: string): boolean {
  return !/bias|layernorm|rmsnorm|(?:^|\.)norm(?:\.|$)|_norm$/i.test(parameter);
}

/** One update of all parameters; `step` counts from 1. Gradients are multiplied by `gradientScale` first. */
export function adamwUpdate(
  parameters: readonly OptimizedParameter[],
  step: number,
  learningRate: number,
  gradientScale: number,
  options: AdamWOptions,
): void {
  const correction1 = 1 - options.beta1 ** step;
  const correction2 = 1 - options.beta2 ** step;
  for (const { name, weight, gradient, moments, rows } of parameters) {
    const decay = isDecayed(name) ? 1 - learningRate * options.weightDecay : 1;
    const update = (from: number, to: number) =>
      updateRange(weight.data, gradient, moments, from, to, {
        stepSize: learningRate / correction1,
        rootCorrection2: Math.sqrt(correction2),
        gradientScale,
        decay,
        ...options,
      });
    if (!rows) {
      update(0, weight.data.length);
      continue;
    }
    for (const row of rows.list) update(row * rows.width, (row + 1) * rows.width);
    if (decay !== 1) decayUntouched(weight.data, rows, decay);
  }
}

interface UpdateFactors extends AdamWOptions {
  readonly stepSize: number;
  readonly rootCorrection2: number;
  readonly gradientScale: number;
  readonly decay: number;
}

function updateRange(
  weight: Float32Array,
  gradient: Float32Array,
  { first, second }: Moments,
  from: number,
  to: number,
  factors: UpdateFactors,
): void {
  // Locals, and float32 throughout: the loop runs over millions of elements at every step.
  const round = Math.fround;
  const beta1 = round(factors.beta1);
  const keep1 = round(1 - factors.beta1);
  const beta2 = round(factors.beta2);
  const keep2 = round(1 - factors.beta2);
  const inverseRoot = round(1 / factors.rootCorrection2);
  const epsilon = round(factors.epsilon);
  const stepSize = round(factors.stepSize);
  const scale = round(factors.gradientScale);
  const decay = round(factors.decay);
  for (let i = from; i < to; i++) {
    const g = round((gradient[i] as number) * scale);
    const m = round(round((first[i] as number) * beta1) + round(g * keep1));
    const v = round(round((second[i] as number) * beta2) + round(round(g * g) * keep2));
    first[i] = m;
    second[i] = v;
    const denominator = round(round(round(Math.sqrt(v)) * inverseRoot) + epsilon);
    weight[i] = round((weight[i] as number) * decay) - round(stepSize * round(m / denominator));
  }
}

function decayUntouched(weight: Float32Array, rows: TouchedRows, decay: number): void {
  const count = weight.length / rows.width;
  for (let row = 0; row < count; row++) {
    if (rows.isTouched(row)) continue;
    for (let i = row * rows.width; i < (row + 1) * rows.width; i++) {
      weight[i] = (weight[i] as number) * decay;
    }
  }
}

/** The Euclidean norm of all gradients together. */
export function gradientNorm(parameters: readonly OptimizedParameter[]): number {
  let sum = 0;
  for (const { gradient, rows } of parameters) {
    if (!rows) sum += sumOfSquares(gradient, 0, gradient.length);
    else {
      for (const row of rows.list) {
        sum += sumOfSquares(gradient, row * rows.width, (row + 1) * rows.width);
      }
    }
  }
  return Math.sqrt(sum);
}

/** Four sums side by side: one addition need not wait for the last. */
function sumOfSquares(values: Float32Array, from: number, to: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += (values[i] as number) * (values[i] as number);
    b += (values[i + 1] as number) * (values[i + 1] as number);
    c += (values[i + 2] as number) * (values[i + 2] as number);
    d += (values[i + 3] as number) * (values[i + 3] as number);
  }
  for (; i < to; i++) a += (values[i] as number) * (values[i] as number);
  return a + b + c + d;
}
