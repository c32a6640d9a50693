/** A model in a child process, as something that scores pairs. */
import type { ChildProcess } from 'node:child_process';
import type { PairScorer } from '@learning-reranker/cross-encoder';
import { type ChildFailure, ChildProcessError, ReportedError, startChild } from './child.js';

const MODEL_PROCESS = new URL('./model-process.js', import.meta.url).href;

export type ModelDtype = 'fp32' | 'int8';

export type ModelRequest =
  | {
      readonly type: 'load';
      readonly id: number;
      readonly path: string;
      readonly maxLength: number | null;
      readonly dtype: ModelDtype;
    }
  | {
      readonly type: 'predict';
      readonly id: number;
      readonly pairs: readonly (readonly [string, string])[];
      readonly batchSize: number;
    };

export type ModelAnswer =
  | { readonly id: number; readonly numLabels: number }
  | { readonly id: number; readonly scores: Float32Array }
  | { readonly id: number; readonly error: ChildFailure };

export interface ModelScorerOptions {
  /** Tokens of a pair at most; the model's own limit when null. */
  readonly maxLength?: number | null;
  readonly dtype?: ModelDtype;
  /** Pairs in one run of the model. */
  readonly batchSize?: number;
}

/** Scores in 0..1: the sigmoid of the logit, or the probability of class 1. */
export class ModelScorer implements PairScorer {
  readonly #child: ChildProcess;
  readonly #batchSize: number;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: ModelAnswer) => void; reject: (error: Error) => void }
  >();
  #nextId = 0;

  private constructor(child: ChildProcess, batchSize: number) {
    this.#child = child;
    this.#batchSize = batchSize;
    child.on('message', (answer: ModelAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new ReportedError(answer.error));
      else waiting?.resolve(answer);
    });
    const ended = (how: string) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new ChildProcessError(`the model process ${how} before it answered`));
      }
      this.#waiting.clear();
    };
    child.on('exit', (code, signal) =>
      ended(signal ? `was killed by ${signal}` : `ended with exit code ${code}`),
    );
    // A machine without memory for one more process says so here, and no exit follows.
    child.on('error', ({ message }) => ended(`cannot be reached: ${message}`));
  }

  /** Opens a model folder in a child of its own. Throws what loading threw there. */
  static async open(path: string, options: ModelScorerOptions = {}): Promise<ModelScorer> {
    const scorer = new ModelScorer(startChild(MODEL_PROCESS), options.batchSize ?? 32);
    try {
      const { maxLength = null, dtype = 'fp32' } = options;
      await scorer.#ask((id) => ({ type: 'load', id, path, maxLength, dtype }));
      return scorer;
    } catch (error) {
      scorer.close();
      throw error;
    }
  }

  async predict(pairs: readonly (readonly [string, string])[]): Promise<Float32Array> {
    const batchSize = this.#batchSize;
    const answer = await this.#ask((id) => ({ type: 'predict', id, pairs, batchSize }));
    return 'scores' in answer ? answer.scores : new Float32Array();
  }

  /** Ends the child. */
  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  #ask(request: (id: number) => ModelRequest): Promise<ModelAnswer> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send(request(id), (error) => {
        if (error) reject(new ChildProcessError(`the model process is gone: ${error.message}`));
      });
    });
  }
}
