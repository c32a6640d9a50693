/** The cross-encoder: reads a (query, document) pair as one sequence and scores how relevant the document is. */
import type { Architecture, ModelConfig } from './architectures/architecture.js';
import { fitHead, type HeadChange } from './architectures/head.js';
import { architectureOf } from './architectures/index.js';
import { loadModel, type ModelParts } from './formats/load-model.js';
import { defaultActivation } from './formats/predict-activation.js';
import { type SaveOptions, saveModel } from './formats/save-model.js';
import type { Weights } from './formats/weights.js';
import { type Dtype, Predictors } from './prediction/predictors.js';
import { type RankedDocument, type RankingOptions, rankByScore } from './prediction/rank.js';
import { type ActivationName, classProbabilities, rerankScores } from './prediction/scores.js';
import { PairEncoder } from './tokenization/pair-encoder.js';
import type { PairEncoding, Tokenizer } from './tokenization/tokenizer.js';

/** A query and a document. */
type Pair = readonly [query: string, document: string];

export interface LoadOptions {
  /** Seeds a head that the checkpoint lacks; 42, SBERT's default, when absent. */
  readonly seed?: number;
  /** Tokens of a pair at most; what the model allows when absent. */
  readonly maxLength?: number;
  /** Threads within one op; ONNX Runtime's choice when absent. */
  readonly threads?: number;
  /** What linear layers compute in when predicting: float32, or 8-bit weights and activations. */
  readonly dtype?: Dtype;
  /** Replaces keys of `config.json`, such as the dropout probabilities (SBERT's `config_kwargs`). */
  readonly configKwargs?: ModelConfig;
}

export interface EncodeOptions {
  /** Tokens of a pair at most; the model's `maxLength` when absent. */
  readonly maxLength?: number | undefined;
  /** Tokens of a document at most. */
  readonly maxDocumentTokens?: number | undefined;
}

export interface PredictOptions extends Pick<EncodeOptions, 'maxLength'> {
  /** Pairs in one run at most; it changes speed and memory, never a score. 32, as in SBERT, when absent. */
  readonly batchSize?: number;
  /** Applied to the logits; the activation that the model was saved with when absent. */
  readonly activation?: ActivationName;
  /** Reads the weights anew at every run, for evaluation during training: slower, and in float32. */
  readonly followWeights?: boolean;
  readonly signal?: AbortSignal;
}

export interface RankOptions extends PredictOptions, RankingOptions {}

const BATCH_SIZE = 32;
const SEED = 42;

export class CrossEncoder {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  readonly maxLength: number;
  readonly activation: ActivationName;
  readonly dtype: Dtype;
  /** Problems found while loading that did not prevent it. */
  readonly warnings: readonly string[];
  readonly #threads: number | undefined;
  readonly #predictors: Predictors;

  constructor(
    parts: ModelParts,
    options: { threads?: number | undefined; warnings?: readonly string[]; dtype?: Dtype } = {},
  ) {
    this.architecture = architectureOf(parts.config);
    this.config = parts.config;
    this.weights = parts.weights;
    this.tokenizer = parts.tokenizer;
    this.maxLength = parts.maxLength;
    this.activation = parts.activation;
    this.warnings = options.warnings ?? [];
    this.dtype = options.dtype ?? 'fp32';
    this.#threads = options.threads;
    this.#predictors = new Predictors(this, options.threads);
  }

  /**
   * Loads a model folder. A bare encoder gets a head drawn from the seed, and a warning says so.
   * @throws {ModelFolderError} {SafetensorsError} {TokenizerError} {ModelConfigError} for what is missing or does not fit.
   */
  static async load(folder: string, options: LoadOptions = {}): Promise<CrossEncoder> {
    const { seed = SEED, maxLength, configKwargs, threads, dtype = 'fp32' } = options;
    const { parts, warnings } = await loadModel(folder, { seed, maxLength, configKwargs });
    return new CrossEncoder(parts, { threads, warnings, dtype });
  }

  /** Saves a model folder that SBERT, Transformers.js and ONNX Runtime open; whole or not at all. */
  save(folder: string, options: SaveOptions = {}): Promise<void> {
    return saveModel(this, folder, options);
  }

  get numLabels(): number {
    return this.architecture.dimensions(this.config).numLabels;
  }

  /** The same model with a head of `numLabels` logits, and how the head changed. */
  withHead(numLabels: number, seed = SEED): { model: CrossEncoder; change: HeadChange } {
    const fitted = fitHead(this.architecture, this.config, this.weights, numLabels, seed);
    const { change, ...parts } = fitted;
    const activation = defaultActivation(numLabels);
    return { model: change === 'kept' ? this : this.#with({ ...parts, activation }), change };
  }

  /** The same model with its own copy of the weights, so that training does not change this one. */
  clone(): CrossEncoder {
    const weights: Weights = new Map(
      [...this.weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    return this.#with({ weights });
  }

  /**
   * One score for each pair. One logit: the model's activation, usually the sigmoid, in 0..1. Two classes:
   * the probability of class 1; with `Identity` the difference of the logits. A score does not depend
   * on the other pairs.
   */
  async predict(pairs: readonly Pair[], options: PredictOptions = {}): Promise<Float32Array> {
    const logits = await this.logits(pairs, options);
    const usual = this.numLabels === 1 ? this.activation : 'Sigmoid';
    return rerankScores(logits, this.numLabels, options.activation ?? usual);
  }

  /** The probabilities of all classes, [pairs][numLabels]. */
  async predictClasses(
    pairs: readonly Pair[],
    options: PredictOptions = {},
  ): Promise<Float32Array[]> {
    return classProbabilities(await this.logits(pairs, options), this.numLabels);
  }

  /** Documents by score, best first; equal scores keep the order given. */
  async rank(
    query: string,
    documents: readonly string[],
    options: RankOptions = {},
  ): Promise<RankedDocument[]> {
    const pairs = documents.map((document) => [query, document] as const);
    return rankByScore(documents, await this.predict(pairs, options), options);
  }

  /** Raw logits [pairs * numLabels]. */
  async logits(pairs: readonly Pair[], options: PredictOptions = {}): Promise<Float32Array> {
    return this.logitsOf(this.encode(pairs, options), options);
  }

  /** Token ids of pairs, for `logitsOf`. */
  encode(
    pairs: readonly Pair[],
    { maxDocumentTokens, maxLength = this.maxLength }: EncodeOptions = {},
  ): PairEncoding[] {
    const encoder = new PairEncoder(this.tokenizer, Math.min(maxLength, this.maxLength));
    return pairs.map(([query, document]) => encoder.encode(query, document, maxDocumentTokens));
  }

  /** Raw logits [sequences * numLabels] of encoded pairs. */
  async logitsOf(
    sequences: readonly PairEncoding[],
    { batchSize = BATCH_SIZE, followWeights = false, signal }: PredictOptions = {},
  ): Promise<Float32Array> {
    const predictors = this.#predictors;
    const predictor = await (followWeights ? predictors.following() : predictors.prepared());
    return predictor.logits(sequences, { batchSize, signal });
  }

  /** Must be called after `weights` were changed: the next prediction prepares them again. */
  weightsChanged(): Promise<void> {
    return this.#predictors.weightsChanged();
  }

  /** Frees the memory that ONNX Runtime holds; the next prediction takes it again. */
  release(): Promise<void> {
    return this.#predictors.release();
  }

  #with(parts: Partial<ModelParts>): CrossEncoder {
    const { config, weights, tokenizer, maxLength, activation } = this;
    return new CrossEncoder(
      { config, weights, tokenizer, maxLength, activation, ...parts },
      { threads: this.#threads, dtype: this.dtype },
    );
  }
}
