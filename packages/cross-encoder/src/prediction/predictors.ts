/** A model's predictors: one with a prepared copy of the weights, one that reads them at every run, for training. */
import type { Architecture } from '../architectures/architecture.js';
import type { ModelParts } from '../formats/load-model.js';
import { type ActivationRanges, calibrate } from './int8.js';
import { Predictor } from './predictor.js';

/** What linear layers compute in when predicting. */
export type Dtype = 'fp32' | 'int8';

type Model = ModelParts & { readonly architecture: Architecture; readonly dtype: Dtype };

export class Predictors {
  readonly #model: Model;
  readonly #threads: number | undefined;
  #prepared: Promise<Predictor> | undefined;
  #following: Promise<Predictor> | undefined;

  constructor(model: Model, threads: number | undefined) {
    this.#model = model;
    this.#threads = threads;
  }

  /** Keeps its own copy of the weights, which is faster, in the model's `dtype`. */
  prepared(): Promise<Predictor> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  /** Reads the weights anew at every run, in float32. */
  following(): Promise<Predictor> {
    this.#following ??= this.#create(false);
    return this.#following;
  }

  /** Drops the prepared copy of weights that have changed. */
  async weightsChanged(): Promise<void> {
    const stale = this.#prepared;
    this.#prepared = undefined;
    await (await stale)?.release();
  }

  async release(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    await this.weightsChanged();
    await (await following)?.release();
  }

  async #prepare(): Promise<Predictor> {
    const { architecture, config, weights, tokenizer, maxLength, dtype } = this.#model;
    if (dtype === 'fp32') return this.#create(true);
    return this.#create(true, await calibrate(architecture, config, weights, tokenizer, maxLength));
  }

  #create(storeWeights: boolean, ranges?: ActivationRanges): Promise<Predictor> {
    const { architecture, config, weights } = this.#model;
    return Predictor.create({
      architecture,
      config,
      weights,
      storeWeights,
      ...(ranges && { ranges }),
      ...(this.#threads !== undefined && { threads: this.#threads }),
    });
  }
}
