/** Runs the training graph on a batch and adds up the gradients of all weights. */
import { GraphSession, type MaskSource, type Value } from '@learning-reranker/onnx-autodiff';
import { packSequences } from '../batching/pack.js';
import type { CrossEncoder } from '../cross-encoder.js';
import type { ArrangedBatch, Loss } from '../losses/loss.js';
import type { PairEncoder } from '../tokenization/pair-encoder.js';
import { AdamW, type AdamWOptions, type OptimizedParameter } from './adamw.js';
import { gradientOf, type TrainingGraph, trainingGraph } from './training-graph.js';

export interface GradientStepOptions {
  readonly model: CrossEncoder;
  readonly loss: Loss;
  readonly encoder: PairEncoder;
  readonly masks: MaskSource;
  readonly optimizer: AdamWOptions;
  readonly threads: number | null;
}

export class GradientStep {
  /** The optimizer, whose memory holds weights and gradients. */
  readonly optimizer: AdamW;
  readonly #session: GraphSession;
  readonly #graph: TrainingGraph;
  readonly #options: GradientStepOptions;
  readonly #fetched: ReadonlyMap<string, Value>;
  readonly #byName: ReadonlyMap<string, OptimizedParameter>;
  /** Batches whose gradients have been added up since `clear`. */
  #batches = 0;

  private constructor(session: GraphSession, graph: TrainingGraph, options: GradientStepOptions) {
    this.#session = session;
    this.#graph = graph;
    this.#options = options;
    const tables = new Set(graph.lookups.map((lookup) => lookup.parameter));
    this.optimizer = new AdamW(options.model.weights, tables, options.optimizer);
    this.#byName = new Map(
      this.optimizer.parameters.map((parameter) => [parameter.name, parameter]),
    );
    this.#fetched = new Map(
      graph.dense.map((name) => {
        const { gradient, weight } = this.#parameter(name);
        return [gradientOf(name), { data: gradient, shape: weight.shape }];
      }),
    );
  }

  static async create(options: GradientStepOptions): Promise<GradientStep> {
    const { architecture, config } = options.model;
    const graph = trainingGraph(architecture, config, options.loss);
    const session = await GraphSession.create(graph.model, {
      ...(options.threads !== null && { threads: options.threads }),
    });
    return new GradientStep(session, graph, options);
  }

  /** Adds the gradients of one batch. Returns its loss and its number of tokens. */
  async accumulate(batch: ArrangedBatch): Promise<{ loss: number; tokens: number }> {
    const { model, encoder, masks } = this.#options;
    const packed = packSequences(
      batch.pairs.map((pair) => pair && encoder.encode(pair[0], pair[1])),
      this.#graph.packing,
    );
    // ONNX Runtime overwrites the gradients, so those of earlier batches are copied first.
    const earlier = this.#batches === 0 ? null : this.#setAside();
    const ofLookups = this.#graph.lookups.flatMap((one) => [one.indexOutput, one.rowsOutput]);
    const results = await this.#session.run(
      new Map([...model.weights, ...packed.feeds, ...batch.feeds]),
      new Map<string, Value | null>([
        ['loss', null],
        ...this.#fetched,
        ...ofLookups.map((name): [string, null] => [name, null]),
      ]),
      masks,
    );
    this.#addRows(results);
    if (earlier) this.#addEarlier(earlier);
    this.#batches++;
    return { loss: (results.get('loss') as Value).data[0] as number, tokens: packed.tokens };
  }

  /** Sets all gradients to zero, after an update. */
  clear(): void {
    this.#batches = 0;
    for (const { parameter } of this.#graph.lookups) {
      const { gradient, rows } = this.#parameter(parameter);
      if (!rows) gradient.fill(0);
      else for (const row of rows.list) gradient.fill(0, row * rows.width, (row + 1) * rows.width);
    }
  }

  /** Frees the memory that ONNX Runtime holds. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  /** Adds the gradient of every looked-up row to its row of the table. */
  #addRows(results: ReadonlyMap<string, Value>): void {
    for (const { parameter, indexOutput, rowsOutput } of this.#graph.lookups) {
      const { gradient, weight, rows: touched } = this.#parameter(parameter);
      const width = weight.shape[1] as number;
      const values = (results.get(rowsOutput) as Value).data as Float32Array;
      const ids = (results.get(indexOutput) as Value).data as Int32Array;
      for (let token = 0; token < ids.length; token++) {
        const row = ids[token] as number;
        touched?.touch(row);
        const from = token * width;
        const to = row * width;
        for (let i = 0; i < width; i++) {
          gradient[to + i] = (gradient[to + i] as number) + (values[from + i] as number);
        }
      }
    }
  }

  #setAside(): Map<string, Float32Array> {
    return new Map(this.#graph.dense.map((name) => [name, this.#parameter(name).gradient.slice()]));
  }

  #addEarlier(earlier: ReadonlyMap<string, Float32Array>): void {
    for (const [name, sum] of earlier) {
      const { gradient } = this.#parameter(name);
      for (let i = 0; i < sum.length; i++) {
        gradient[i] = (gradient[i] as number) + (sum[i] as number);
      }
    }
  }

  #parameter(name: string): OptimizedParameter {
    return this.#byName.get(name) as OptimizedParameter;
  }
}
