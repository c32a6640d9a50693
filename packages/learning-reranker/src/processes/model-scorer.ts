/** A model in a child process. */
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { ChildConnection, type ChildRole } from './child.js';
import type { ChildProcessError } from './failure.js';
import type { LoadRequest, ModelFunctions, ScoreRequest } from './model-process.js';

const MODEL_PROCESS = new URL('./model-process.js', import.meta.url).href;

export type ModelDtype = LoadRequest['dtype'];

/** Loads a model folder in a child process and checks it by scoring a few pairs. @throws what loading threw there */
export async function openModel(
  request: LoadRequest,
  role: ChildRole,
  onExit?: (error: ChildProcessError) => void,
): Promise<ChildConnection<ModelFunctions>> {
  const child = new ChildConnection<ModelFunctions>(MODEL_PROCESS, role, onExit);
  try {
    await child.call('load', request);
    return child;
  } catch (error) {
    child.close();
    throw error;
  }
}

/** Scores in 0..1 from logits, by the sigmoid. */
export function probabilities(logits: Float32Array): Float32Array {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}

export interface ModelScorerOptions {
  /** Tokens of a pair at most; the model's own limit when null. */
  readonly maxLength?: number | null;
  readonly dtype?: ModelDtype;
  /** Pairs in one run of the model at most; 32 when absent. */
  readonly batchSize?: number;
}

/** Scores pairs in 0..1 for work in the background: the sigmoid of the logit, or the probability of class 1. */
export class ModelScorer implements PairScorer {
  readonly #model: ChildConnection<ModelFunctions>;
  readonly #batchSize: number;

  private constructor(model: ChildConnection<ModelFunctions>, batchSize: number) {
    this.#model = model;
    this.#batchSize = batchSize;
  }

  /** @throws what loading threw in the child process */
  static async open(
    path: string,
    { maxLength = null, dtype = 'fp32', batchSize = 32 }: ModelScorerOptions = {},
  ): Promise<ModelScorer> {
    const model = await openModel({ path, maxLength, dtype }, 'background');
    return new ModelScorer(model, batchSize);
  }

  async predict(pairs: ScoreRequest['pairs']): Promise<Float32Array> {
    const { logits } = await this.#model.call('score', { pairs, batchSize: this.#batchSize });
    return probabilities(logits);
  }

  /** Ends the child process. */
  close(): void {
    this.#model.close();
  }
}
