/** AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101) in place, with the arithmetic of `torch.optim.AdamW`. */
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import type { Weights, WeightTensor } from '../formats/weights.js';
import { adamwKernel } from './adamw-kernel.js';

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

/** A weight, its gradient and its moments; the arrays are views of the optimizer's memory. */
export interface OptimizedParameter {
  readonly name: string;
  readonly weight: WeightTensor;
  readonly gradient: Float32Array;
  readonly moments: Moments;
  /** For an embedding table: the rows that ever had a gradient. */
  readonly rows?: TouchedRows;
}

/**
 * Rows of an embedding table that ever had a gradient. A row that never had one has zero moments, so
 * its update is exactly zero. Most rows of a vocabulary are skipped in this way.
 */
export class TouchedRows {
  readonly width: number;
  readonly #touched: Uint8Array;
  readonly #list: number[] = [];
  #sorted = true;

  constructor(rows: number, width: number) {
    this.width = width;
    this.#touched = new Uint8Array(rows);
  }

  touch(row: number): void {
    if (this.#touched[row]) return;
    this.#touched[row] = 1;
    this.#list.push(row);
    this.#sorted = false;
  }

  isTouched(row: number): boolean {
    return this.#touched[row] === 1;
  }

  /** In ascending order, so that sums over rows do not depend on which was touched first. */
  get list(): readonly number[] {
    if (!this.#sorted) this.#list.sort((a, b) => a - b);
    this.#sorted = true;
    return this.#list;
  }
}

/** Whether a row of an embedding table was ever updated: its moments are then not zero. */
export function isTouched({ first, second }: Moments, row: number, width: number): boolean {
  for (let i = row * width; i < (row + 1) * width; i++) {
    if (first[i] !== 0 || second[i] !== 0) return true;
  }
  return false;
}

/** Whether a parameter is decayed: all but biases and normalization layers, as in `transformers`. */
export function isDecayed(parameter: string): boolean {
  return !/bias|layernorm|rmsnorm|(?:^|\.)norm(?:\.|$)|_norm$/i.test(parameter);
}

/**
 * Holds the weights and their moments in one WebAssembly memory and updates them there.
 *
 * The loops are WebAssembly with 128-bit vectors: the same loop in JavaScript took 14 ns an element, a
 * quarter of a training step; this one is limited by memory bandwidth.
 */
export class AdamW {
  /** In the order of the weights given. */
  readonly parameters: readonly OptimizedParameter[];
  readonly #options: AdamWOptions;
  readonly #kernel: AdamWKernel;

  /**
   * Copies the weights into its memory and replaces the entries of `weights` by views of it. `tables` names
   * the embedding tables.
   */
  constructor(weights: Weights, tables: ReadonlySet<string>, options: AdamWOptions) {
    this.#options = options;
    const elements = [...weights.values()].reduce((sum, { data }) => sum + padded(data.length), 0);
    const { kernel, memory } = instantiate(elements * ARRAYS * Float32Array.BYTES_PER_ELEMENT);
    this.#kernel = kernel;
    let offset = 0;
    const allocate = (length: number) => {
      const view = new Float32Array(memory.buffer, offset, length);
      offset += padded(length) * Float32Array.BYTES_PER_ELEMENT;
      return view;
    };
    this.parameters = [...weights].map(([name, { shape, data: initial }]) => {
      const data = allocate(initial.length);
      data.set(initial);
      const weight: WeightTensor = { shape, data };
      weights.set(name, weight);
      const width = shape[1] ?? 0;
      // Rows can be updated one by one only if each is a whole number of vectors.
      const byRow = tables.has(name) && width % VECTOR === 0;
      return {
        name,
        weight,
        gradient: allocate(initial.length),
        moments: { first: allocate(initial.length), second: allocate(initial.length) },
        ...(byRow && { rows: new TouchedRows(initial.length / width, width) }),
      };
    });
  }

  /** The Euclidean norm of all gradients together. */
  gradientNorm(): number {
    let sum = 0;
    for (const { gradient, rows } of this.parameters) {
      for (const [from, length] of ranges(gradient, rows)) {
        sum += this.#kernel.sumOfSquares(gradient.byteOffset + from * 4, length * 4);
      }
    }
    return Math.sqrt(sum);
  }

  /** One update of all weights; `step` counts from 1. Gradients are multiplied by `gradientScale` first. */
  update(step: number, learningRate: number, gradientScale: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.#options;
    const stepSize = learningRate / (1 - beta1 ** step);
    const inverseRoot = 1 / Math.sqrt(1 - beta2 ** step);
    for (const { name, weight, gradient, moments, rows } of this.parameters) {
      const decay = isDecayed(name) ? 1 - learningRate * weightDecay : 1;
      for (const [from, length] of ranges(gradient, rows)) {
        this.#kernel.update(
          weight.data.byteOffset + from * 4,
          gradient.byteOffset + from * 4,
          moments.first.byteOffset + from * 4,
          moments.second.byteOffset + from * 4,
          length * 4,
          gradientScale,
          beta1,
          1 - beta1,
          beta2,
          1 - beta2,
          inverseRoot,
          epsilon,
          stepSize,
          decay,
        );
      }
      if (rows && decay !== 1) decayUntouched(weight.data, rows, decay);
    }
  }
}

/** Weight, gradient and two moments. */
const ARRAYS = 4;

/** Elements in one vector of the kernel; arrays are padded to it with zeros, which stay zeros. */
const VECTOR = 4;

const padded = (elements: number) => Math.ceil(elements / VECTOR) * VECTOR;

/** The parts of an array that may have a gradient: [from, padded length] in elements. */
function* ranges(
  gradient: Float32Array,
  rows: TouchedRows | undefined,
): Generator<[number, number]> {
  if (!rows) yield [0, padded(gradient.length)];
  else for (const row of rows.list) yield [row * rows.width, rows.width];
}

interface AdamWKernel {
  sumOfSquares(values: number, bytes: number): number;
  update(
    weight: number,
    gradient: number,
    first: number,
    second: number,
    bytes: number,
    gradientScale: number,
    beta1: number,
    keep1: number,
    beta2: number,
    keep2: number,
    inverseRoot: number,
    epsilon: number,
    stepSize: number,
    decay: number,
  ): void;
}

/** The part of WebAssembly that is used here; the types for Node leave WebAssembly out. */
interface WebAssemblyMemory {
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyNamespace {
  readonly Memory: new (descriptor: { initial: number }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, WebAssemblyMemory>>,
  ) => { readonly exports: unknown };
}

const webAssembly = (globalThis as unknown as { WebAssembly: WebAssemblyNamespace }).WebAssembly;

const PAGE_BYTES = 65_536;

/** The most that a WebAssembly memory can hold: 4 GiB. */
const MAXIMUM_PAGES = 65_536;

function instantiate(bytes: number): { kernel: AdamWKernel; memory: WebAssemblyMemory } {
  const pages = Math.max(1, Math.ceil(bytes / PAGE_BYTES));
  if (pages > MAXIMUM_PAGES) {
    throw new OptimizerMemoryError(
      `Weights, gradients and moments take ${(bytes / 2 ** 30).toFixed(1)} GiB; the optimizer holds at most 4 GiB. ` +
        'Choose a base model of at most 268 million weights.',
    );
  }
  const memory = new webAssembly.Memory({ initial: pages });
  const module = new webAssembly.Module(Buffer.from(adamwKernel, 'base64'));
  const { exports } = new webAssembly.Instance(module, { memory: { memory } });
  return { kernel: exports as AdamWKernel, memory };
}

/** A model too large for the optimizer. */
export class OptimizerMemoryError extends TypedError {
  override readonly name = 'OptimizerMemoryError';
  readonly kind = 'invalid';
}

/** Bit for bit as the kernel decays: the factor is a float32 here, too. */
function decayUntouched(weight: Float32Array, rows: TouchedRows, decay: number): void {
  const factor = Math.fround(decay);
  const count = weight.length / rows.width;
  for (let row = 0; row < count; row++) {
    if (rows.isTouched(row)) continue;
    for (let i = row * rows.width; i < (row + 1) * rows.width; i++) {
      weight[i] = (weight[i] as number) * factor;
    }
  }
}
