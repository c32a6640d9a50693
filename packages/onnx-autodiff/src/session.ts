/** Runs a written graph with onnxruntime-node: inputs over existing memory, outputs into existing memory. */

import type { InferenceSession, Tensor as OnnxTensor, OnnxValue } from 'onnxruntime-node';
import { evaluateDimension } from './dimension.js';
import { type ModelDefinition, writeModel } from './onnx/model.js';
import { type DataType, GraphError, type Tensor } from './tensor.js';
import { TypedError } from './typed-error.js';

export type NumericArray = Float32Array | Int32Array | BigInt64Array | Int8Array | Uint8Array;

/** A value over memory that the caller owns: nothing is copied. */
export interface Value {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

export interface SessionOptions {
  /** Threads within one op; ONNX Runtime's own choice when absent. */
  readonly threads?: number;
}

/** Gives a dropout mask of `elements` elements, drawn with the given probability. */
export type MaskSource = (elements: number, probability: number) => Float32Array;

/** ONNX Runtime could not be loaded, or refused the graph or a run. */
export class RuntimeError extends TypedError {
  override readonly name = 'RuntimeError';
  readonly kind = 'internal';
}

/**
 * Loads onnxruntime-node on first use, so that a program that never computes starts fast.
 */
async function loadRuntime() {
  try {
    const runtime = await import('onnxruntime-node');
    return runtime.default ?? runtime;
  } catch (cause) {
    throw new RuntimeError(
      'onnxruntime-node could not be loaded. It runs on Linux (x64, arm64; glibc), Windows (x64, arm64) and ' +
        'macOS (arm64). If its installation failed without a network, install it with ONNXRUNTIME_NODE_INSTALL=skip.',
      { cause },
    );
  }
}

type Runtime = Awaited<ReturnType<typeof loadRuntime>>;

/**
 * A graph ready to run. `run` blocks the thread until it is done (ONNX Runtime computes under its
 * promise), so run long work in a child process.
 */
export class GraphSession {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;
  readonly #inputs: readonly Tensor[];
  readonly #dropoutMasks: ReadonlyMap<string, Tensor>;

  private constructor(
    runtime: Runtime,
    session: InferenceSession,
    inputs: readonly Tensor[],
    dropoutMasks: ReadonlyMap<string, Tensor>,
  ) {
    this.#runtime = runtime;
    this.#session = session;
    this.#inputs = inputs;
    this.#dropoutMasks = dropoutMasks;
  }

  /** Writes the graph and makes ONNX Runtime optimise it. Throws `RuntimeError` when it is refused. */
  static async create(
    definition: ModelDefinition,
    options: SessionOptions = {},
  ): Promise<GraphSession> {
    const runtime = await loadRuntime();
    const { bytes, inputs, dropoutMasks } = writeModel(definition);
    try {
      const session = await runtime.InferenceSession.create(bytes, {
        graphOptimizationLevel: 'all',
        // Every batch has other sizes: a memory plan per size would only grow.
        enableMemPattern: false,
        ...(options.threads !== undefined && {
          intraOpNumThreads: options.threads,
          interOpNumThreads: 1,
        }),
        // Otherwise its threads keep spinning after a run and slow down the code that uses the result.
        extra: { session: { force_spinning_stop: '1' } },
        logSeverityLevel: 3,
      });
      return new GraphSession(runtime, session, inputs, dropoutMasks);
    } catch (cause) {
      throw new RuntimeError(`ONNX Runtime refused the graph: ${message(cause)}`, { cause });
    }
  }

  /**
   * Computes the outputs named in `fetches`; where a value is given for a name the result is written
   * into its memory. `masks` is needed when the graph has dropout.
   */
  async run(
    feeds: ReadonlyMap<string, Value>,
    fetches: ReadonlyMap<string, Value | null>,
    masks?: MaskSource,
  ): Promise<Map<string, Value>> {
    const onnxFeeds = this.#feeds(feeds, masks);
    const onnxFetches: Record<string, OnnxTensor | null> = {};
    for (const [name, value] of fetches) onnxFetches[name] = value ? this.#wrap(name, value) : null;
    let results: Readonly<Record<string, OnnxValue>>;
    try {
      results = await this.#session.run(onnxFeeds, onnxFetches);
    } catch (cause) {
      throw new RuntimeError(`ONNX Runtime failed: ${message(cause)}`, { cause });
    }
    const values = new Map<string, Value>();
    for (const name of fetches.keys()) {
      const tensor = results[name] as OnnxTensor;
      values.set(name, { data: tensor.data as NumericArray, shape: tensor.dims });
    }
    return values;
  }

  /** Frees the memory that ONNX Runtime holds. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #feeds(
    feeds: ReadonlyMap<string, Value>,
    masks: MaskSource | undefined,
  ): Record<string, OnnxTensor> {
    const onnxFeeds: Record<string, OnnxTensor> = {};
    const bound = new Map<string, number>();
    for (const tensor of this.#inputs) {
      if (tensor.source.kind !== 'input') continue;
      const { name } = tensor.source;
      const value = feeds.get(name);
      if (!value) throw new GraphError(`input '${name}' is missing: add it to the feeds`);
      bind(name, tensor, value, bound);
      onnxFeeds[name] = this.#wrap(name, value);
    }
    this.#checkProducts(feeds, bound);
    for (const [name, tensor] of this.#dropoutMasks) {
      if (!masks) throw new GraphError('the graph has dropout: pass a source of masks');
      if (tensor.source.kind !== 'dropout-mask') continue;
      const shape = tensor.shape.map((dimension) => evaluateDimension(dimension, bound));
      const elements = shape.reduce((count, size) => count * size, 1);
      onnxFeeds[name] = this.#wrap(name, {
        data: masks(elements, tensor.source.probability),
        shape,
      });
    }
    return onnxFeeds;
  }

  /** Dimensions such as `12*tokens`, which are known once all names are bound. */
  #checkProducts(feeds: ReadonlyMap<string, Value>, bound: ReadonlyMap<string, number>): void {
    for (const { shape, source } of this.#inputs) {
      if (source.kind !== 'input') continue;
      const given = feeds.get(source.name)?.shape;
      shape.forEach((dimension, axis) => {
        if (typeof dimension === 'number' || !dimension.includes('*')) return;
        const size = evaluateDimension(dimension, bound);
        if (given?.[axis] === size) return;
        throw new GraphError(
          `input '${source.name}': '${dimension}' is ${size} in this run, got [${given}]`,
        );
      });
    }
  }

  #wrap(name: string, { data, shape }: Value): OnnxTensor {
    const elements = shape.reduce((count, size) => count * size, 1);
    if (elements !== data.length) {
      throw new GraphError(
        `'${name}': the shape [${shape}] needs ${elements} elements, got ${data.length}`,
      );
    }
    return new this.#runtime.Tensor(typeOf(data), data, shape) as OnnxTensor;
  }
}

/** Checks a value against its tensor and records the sizes of named dimensions. */
function bind(name: string, tensor: Tensor, value: Value, bound: Map<string, number>): void {
  const { shape } = value;
  const mismatch = () =>
    new GraphError(
      `input '${name}': expected ${tensor.dataType} [${tensor.shape}], got ${typeOf(value.data)} [${shape}]`,
    );
  if (shape.length !== tensor.shape.length || typeOf(value.data) !== tensor.dataType)
    throw mismatch();
  tensor.shape.forEach((dimension, axis) => {
    const size = shape[axis] as number;
    if (typeof dimension === 'number') {
      if (dimension !== size) throw mismatch();
    } else if (!dimension.includes('*')) {
      const known = bound.get(dimension);
      if (known !== undefined && known !== size) throw mismatch();
      bound.set(dimension, size);
    }
  });
}

function typeOf(data: NumericArray): DataType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
