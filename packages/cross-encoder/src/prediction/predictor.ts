/** Scores encoded pairs: sorts them by length, packs them into runs and puts the logits back in order. */
import {
  exactWeightType,
  GraphSession,
  type Value,
  type WeightType,
} from '@learning-reranker/onnx-autodiff';
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { forwardGraph } from '../architectures/forward-graph.js';
import { type PackOptions, packSequences, type TokenSequence } from '../batching/pack.js';
import type { Weights } from '../formats/weights.js';
import { type ActivationRanges, int8Graph } from './int8.js';

export interface PredictorOptions {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly weights: Weights;
  /**
   * Whether ONNX Runtime keeps its own, prepared copy of the weights (faster), or reads them from
   * memory at every run, as evaluation during training needs.
   */
  readonly storeWeights: boolean;
  /** Ranges of the layers' inputs, for prediction in 8-bit integers; float32 without them. */
  readonly ranges?: ActivationRanges;
  /** The type of quantized weights; the best for this CPU when absent. */
  readonly weightType?: WeightType;
  readonly threads?: number;
}

export interface PredictOptions {
  /** Pairs in one run at most. */
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

export class Predictor {
  readonly #session: GraphSession;
  readonly #fed: ReadonlyMap<string, Value>;
  readonly #packing: PackOptions;
  readonly #numLabels: number;

  private constructor(session: GraphSession, packing: PackOptions, options: PredictorOptions) {
    this.#session = session;
    this.#packing = packing;
    this.#fed = options.storeWeights ? new Map() : options.weights;
    this.#numLabels = options.architecture.dimensions(options.config).numLabels;
  }

  static async create(options: PredictorOptions): Promise<Predictor> {
    const { architecture, config, weights, ranges, threads } = options;
    const { logits, packing } = forwardGraph(architecture, config);
    const weightType = options.weightType ?? (ranges && (await exactWeightType()));
    const stored =
      ranges && weightType
        ? int8Graph(architecture, config, weights, ranges, weightType)
        : { outputs: { logits }, initializers: weights };
    const session = await GraphSession.create(
      options.storeWeights ? stored : { outputs: { logits } },
      threads === undefined ? {} : { threads },
    );
    return new Predictor(session, packing, options);
  }

  /** Logits [sequences, numLabels], row by row in the order given. */
  async logits(
    sequences: readonly TokenSequence[],
    { batchSize, signal }: PredictOptions,
  ): Promise<Float32Array> {
    const numLabels = this.#numLabels;
    const logits = new Float32Array(sequences.length * numLabels);
    const order = sequences
      .map((_, index) => index)
      .sort((a, b) => sequenceLength(sequences, b) - sequenceLength(sequences, a) || a - b);
    for (let from = 0; from < order.length; from += batchSize) {
      signal?.throwIfAborted();
      const batch = order.slice(from, from + batchSize);
      const rows = await this.#run(batch.map((index) => sequences[index] as TokenSequence));
      batch.forEach((index, row) => {
        logits.set(rows.subarray(row * numLabels, (row + 1) * numLabels), index * numLabels);
      });
    }
    return logits;
  }

  async #run(sequences: readonly TokenSequence[]): Promise<Float32Array> {
    const { feeds } = packSequences(sequences, this.#packing);
    const results = await this.#session.run(
      new Map([...this.#fed, ...feeds]),
      new Map([['logits', null]]),
    );
    return (results.get('logits') as Value).data as Float32Array;
  }

  /** Frees the memory that ONNX Runtime holds. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function sequenceLength(sequences: readonly TokenSequence[], index: number): number {
  return (sequences[index] as TokenSequence).inputIds.length;
}
