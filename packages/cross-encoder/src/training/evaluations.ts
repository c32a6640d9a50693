/** Evaluates the model during a training: the loss over the evaluation rows, and the evaluator's metrics. */
import { GraphSession, type Tensor, type Value } from '@learning-reranker/onnx-autodiff';
import { forwardGraph } from '../architectures/forward-graph.js';
import { type PackOptions, packSequences } from '../batching/pack.js';
import { SeededRandom } from '../random/seeded-random.js';
import type { PairEncoder } from '../tokenization/pair-encoder.js';
import type { CrossEncoderTrainingArguments } from './arguments.js';
import { sequentialBatches } from './batches.js';
import type { TrainingExample } from './example.js';
import type { CrossEncoderTrainerOptions } from './options.js';

export class Evaluations {
  readonly #options: CrossEncoderTrainerOptions;
  readonly #arguments: CrossEncoderTrainingArguments;
  readonly #encoder: PairEncoder;
  #lossGraph: { readonly session: GraphSession; readonly packing: PackOptions } | undefined;

  constructor(
    options: CrossEncoderTrainerOptions,
    given: CrossEncoderTrainingArguments,
    encoder: PairEncoder,
  ) {
    this.#options = options;
    this.#arguments = given;
    this.#encoder = encoder;
  }

  /** `eval_loss` and the evaluator's metrics, with `eval_` before their names. An abort throws its reason. */
  async measure(signal: AbortSignal | undefined): Promise<Record<string, number>> {
    const { model, evalDataset = [], evaluator } = this.#options;
    const metrics: Record<string, number> = {};
    if (evalDataset.length > 0) metrics.eval_loss = await this.#meanLoss(evalDataset, signal);
    await model.weightsChanged();
    const options = signal === undefined ? {} : { signal };
    for (const [name, value] of Object.entries((await evaluator?.(model, options)) ?? {})) {
      metrics[`eval_${name}`] = value;
    }
    return metrics;
  }

  async release(): Promise<void> {
    await this.#lossGraph?.session.release();
  }

  /** The mean over rows, without dropout. Negatives are drawn from the seed, so that evaluations compare. */
  async #meanLoss(rows: readonly TrainingExample[], signal?: AbortSignal): Promise<number> {
    const { model, loss } = this.#options;
    const { perDeviceEvalBatchSize, seed } = this.#arguments;
    this.#lossGraph ??= await this.#createLossGraph();
    const { session, packing } = this.#lossGraph;
    const random = new SeededRandom(seed);
    let sum = 0;
    for (const batch of sequentialBatches([...rows.keys()], perDeviceEvalBatchSize)) {
      signal?.throwIfAborted();
      const arranged = loss.arrange(
        batch.map((row) => rows[row] as TrainingExample),
        random,
      );
      const { feeds } = packSequences(
        arranged.pairs.map((pair) => pair && this.#encoder.encode(pair[0], pair[1])),
        packing,
      );
      const results = await session.run(
        new Map([...model.weights, ...feeds, ...arranged.feeds]),
        new Map([['loss', null]]),
      );
      sum += ((results.get('loss') as Value).data[0] as number) * batch.length;
    }
    return sum / rows.length;
  }

  async #createLossGraph() {
    const { model, loss } = this.#options;
    const { threads } = this.#arguments;
    const { logits, packing } = forwardGraph(model.architecture, model.config);
    const outputs: Record<string, Tensor> = { loss: loss.forward(logits) };
    const session = await GraphSession.create({ outputs }, threads === null ? {} : { threads });
    return { session, packing };
  }
}
