/** The loss over evaluation rows, without dropout. */
import { GraphSession, type Tensor, type Value } from '@learning-reranker/onnx-autodiff';
import { forwardGraph } from '../architectures/forward-graph.js';
import { type PackOptions, packSequences } from '../batching/pack.js';
import type { CrossEncoder } from '../cross-encoder.js';
import type { Loss } from '../losses/loss.js';
import { SeededRandom } from '../random/seeded-random.js';
import type { PairEncoder } from '../tokenization/pair-encoder.js';
import { sequentialBatches } from './batches.js';
import type { TrainingExample } from './example.js';

export class EvaluationLoss {
  readonly #session: GraphSession;
  readonly #model: CrossEncoder;
  readonly #loss: Loss;
  readonly #packing: PackOptions;

  private constructor(
    session: GraphSession,
    packing: PackOptions,
    model: CrossEncoder,
    loss: Loss,
  ) {
    this.#session = session;
    this.#packing = packing;
    this.#model = model;
    this.#loss = loss;
  }

  static async create(
    model: CrossEncoder,
    loss: Loss,
    threads: number | null,
  ): Promise<EvaluationLoss> {
    const { logits, packing } = forwardGraph(model.architecture, model.config);
    const outputs: Record<string, Tensor> = { loss: loss.forward(logits) };
    const session = await GraphSession.create({ outputs }, threads === null ? {} : { threads });
    return new EvaluationLoss(session, packing, model, loss);
  }

  /** The mean over rows. Negatives are drawn from `seed`, so that evaluations compare. An abort throws its reason. */
  async mean(
    rows: readonly TrainingExample[],
    encoder: PairEncoder,
    batchSize: number,
    seed: number,
    signal?: AbortSignal,
  ): Promise<number> {
    const random = new SeededRandom(seed);
    let sum = 0;
    for (const batch of sequentialBatches([...rows.keys()], batchSize)) {
      signal?.throwIfAborted();
      const arranged = this.#loss.arrange(
        batch.map((row) => rows[row] as TrainingExample),
        random,
      );
      const { feeds } = packSequences(
        arranged.pairs.map((pair) => pair && encoder.encode(pair[0], pair[1])),
        this.#packing,
      );
      const results = await this.#session.run(
        new Map([...this.#model.weights, ...feeds, ...arranged.feeds]),
        new Map([['loss', null]]),
      );
      sum += ((results.get('loss') as Value).data[0] as number) * batch.length;
    }
    return sum / rows.length;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
