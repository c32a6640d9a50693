/** A served model: a child process, and the queue in front of it. */
import type { ChildConnection } from '../../../processes/child.js';
import type { LoadRequest, ModelFunctions } from '../../../processes/model-process.js';
import { openModel } from '../../../processes/model-scorer.js';
import type { BackendRequest } from '../backend.js';
import { ScoringQueue } from './scoring-queue.js';
import type { RequestScores } from './scoring-request.js';

export interface ModelHostOptions extends LoadRequest {
  readonly maxLength: number;
  /** Pairs in one run of the model at most. */
  readonly batchSize: number;
}

export class ModelHost {
  readonly #model: ChildConnection<ModelFunctions>;
  readonly #queue: ScoringQueue;

  private constructor(model: ChildConnection<ModelFunctions>, options: ModelHostOptions) {
    this.#model = model;
    const { batchSize, maxLength } = options;
    this.#queue = new ScoringQueue({
      batchSize,
      maxLength,
      run: (batch) => model.call('score', batch),
    });
  }

  /** `onExit` is called when the process ends by itself. @throws what loading threw */
  static async open(options: ModelHostOptions, onExit: (error: Error) => void): Promise<ModelHost> {
    const { path, maxLength, dtype } = options;
    const model = await openModel({ path, maxLength, dtype }, 'serving', onExit);
    return new ModelHost(model, options);
  }

  /** @throws {OverloadedError} {ChildProcessError} {ReportedError}, and the signal's reason */
  score(request: BackendRequest): Promise<RequestScores> {
    return this.#queue.score(request);
  }

  /** Ends the process once it has answered its open requests. */
  async close(): Promise<void> {
    await this.#queue.idle();
    this.#model.close();
  }
}
