/** The cross-encoder: reads a (query, document) pair as one sequence and says how relevant it is. */
import type { Architecture, ModelConfig } from './architectures/architecture.js';
import { fitHead, type HeadChange, initialHead } from './architectures/head.js';
import { architectureOf, architectures } from './architectures/index.js';
import type { FileContent } from './formats/atomic-write.js';
import {
  type ModelFolder,
  readModelFolder,
  writeModelFolder,
} from './formats/hugging-face-folder.js';
import type { WeightStorage } from './formats/safetensors.js';
import type { Weights } from './formats/weights.js';
import { calibrate } from './prediction/int8.js';
import { onnxModel } from './prediction/onnx-export.js';
import { Predictor } from './prediction/predictor.js';
import { type ActivationName, classProbabilities, rerankScores } from './prediction/scores.js';
import { PairEncoder } from './tokenization/pair-encoder.js';
import type { PairEncoding, Tokenizer } from './tokenization/tokenizer.js';

/** What linear layers compute in when predicting. */
export type Dtype = 'fp32' | 'int8';

export interface LoadOptions {
  /** Seeds a head that the checkpoint lacks; SBERT's default seed. */
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

export interface PredictOptions {
  /** Pairs in one run at most; it changes speed and memory, never a score. */
  readonly batchSize?: number;
  /** What is applied to the logits; what the model was saved with when absent. */
  readonly activation?: ActivationName;
  readonly signal?: AbortSignal;
}

export interface RankOptions extends PredictOptions {
  readonly topK?: number;
  readonly returnDocuments?: boolean;
}

export interface RankedDocument {
  /** The document's place in what was given. */
  readonly corpusId: number;
  readonly score: number;
  readonly text?: string;
}

export interface SaveOptions {
  /** The model card; Markdown with YAML front matter. */
  readonly readme?: string;
  readonly storage?: WeightStorage;
  /** Whether `onnx/model.onnx` is written beside the weights. */
  readonly onnx?: boolean;
  readonly extraFiles?: ReadonlyMap<string, FileContent>;
  readonly replace?: boolean;
}

/** SBERT's default batch size when predicting. */
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
  /** What was not as expected in the folder but could be lived with. */
  readonly warnings: readonly string[];
  readonly #threads: number | undefined;
  #predictor: Promise<Predictor> | undefined;
  /** Follows the weights while they are trained. */
  #following: Promise<Predictor> | undefined;

  constructor(
    parts: Pick<ModelFolder, 'config' | 'weights' | 'tokenizer' | 'maxLength' | 'activation'>,
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
  }

  /**
   * Opens a model folder. A bare encoder gets a head drawn from the seed, which `warnings` says.
   * @throws {ModelFolderError} {SafetensorsError} {TokenizerError} {ModelConfigError} for what is missing or does not fit.
   */
  static async load(folder: string, options: LoadOptions = {}): Promise<CrossEncoder> {
    const read = await readModelFolder(folder, {
      supportedModelTypes: architectures.map((architecture) => architecture.modelType),
      expectedWeights: (config) => {
        const architecture = architectureOf(config);
        return {
          shapes: architecture.parameterShapes(config),
          isHead: (parameter) => architecture.isHead(parameter),
        };
      },
    });
    const { seed = SEED } = options;
    const config = { ...read.config, ...options.configKwargs };
    const warnings = [...read.warnings];
    if (read.missingHead.length > 0) {
      const drawn = initialHead(architectureOf(read.config), read.config, seed);
      for (const name of read.missingHead) read.weights.set(name, drawn.get(name)!);
      warnings.push(
        `The model has no head (${read.missingHead.join(', ')}): drawn from seed ${seed}; train it.`,
      );
    }
    const maxLength = Math.min(read.maxLength, options.maxLength ?? read.maxLength);
    return new CrossEncoder(
      { ...read, config, maxLength },
      {
        threads: options.threads,
        warnings,
        ...(options.dtype && { dtype: options.dtype }),
      },
    );
  }

  get numLabels(): number {
    return this.architecture.dimensions(this.config).numLabels;
  }

  /** The same model with a head of so many logits, and what became of the head. */
  withHead(numLabels: number, seed = SEED): { model: CrossEncoder; change: HeadChange } {
    const { config, weights, change } = fitHead(
      this.architecture,
      this.config,
      this.weights,
      numLabels,
      seed,
    );
    const activation = numLabels === 1 ? 'Sigmoid' : 'Identity';
    const model = change === 'kept' ? this : this.#with({ config, weights, activation });
    return { model, change };
  }

  /** The same model over weights of its own, so that training leaves this one as it is. */
  clone(): CrossEncoder {
    const weights: Weights = new Map(
      [...this.weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
    );
    return this.#with({ weights });
  }

  /**
   * One score a pair. One logit: the model's activation, as a rule sigmoid, in 0..1. Two classes: the
   * probability of class 1; with `Identity` the difference of the logits. A score does not depend on
   * the other pairs.
   */
  async predict(
    pairs: readonly (readonly [string, string])[],
    options: PredictOptions = {},
  ): Promise<Float32Array> {
    const logits = await this.logits(pairs, options);
    const usual = this.numLabels === 1 ? this.activation : 'Sigmoid';
    return rerankScores(logits, this.numLabels, options.activation ?? usual);
  }

  /**
   * Scores by the weights as they are now, for evaluation during training: slower than `predict`,
   * which prepares a copy of the weights that it keeps. Of a pair at most `maxLength` tokens are read.
   */
  async predictWhileTraining(
    pairs: readonly (readonly [string, string])[],
    { maxLength }: { readonly maxLength?: number | undefined } = {},
  ): Promise<Float32Array> {
    this.#following ??= this.createPredictor(false);
    const sequences = this.encode(pairs, { maxLength });
    const logits = await (await this.#following).logits(sequences, { batchSize: BATCH_SIZE });
    return rerankScores(logits, this.numLabels, 'Sigmoid');
  }

  /** The probabilities of all classes, [pairs][numLabels]. */
  async predictClasses(
    pairs: readonly (readonly [string, string])[],
    options: PredictOptions = {},
  ): Promise<Float32Array[]> {
    return classProbabilities(await this.logits(pairs, options), this.numLabels);
  }

  /** Raw logits [pairs * numLabels]. */
  async logits(
    pairs: readonly (readonly [string, string])[],
    options: PredictOptions = {},
  ): Promise<Float32Array> {
    return this.logitsOf(this.encode(pairs), options);
  }

  /** Token ids of pairs, for `logitsOf`; of a document at most `maxDocumentTokens` are read, of a pair `maxLength`. */
  encode(
    pairs: readonly (readonly [string, string])[],
    {
      maxDocumentTokens,
      maxLength = this.maxLength,
    }: {
      readonly maxDocumentTokens?: number | undefined;
      readonly maxLength?: number | undefined;
    } = {},
  ): PairEncoding[] {
    const encoder = new PairEncoder(this.tokenizer, Math.min(maxLength, this.maxLength));
    return pairs.map(([query, document]) => encoder.encode(query, document, maxDocumentTokens));
  }

  /** Raw logits [sequences * numLabels] of what `encode` gave. */
  async logitsOf(
    sequences: readonly PairEncoding[],
    options: PredictOptions = {},
  ): Promise<Float32Array> {
    this.#predictor ??= this.createPredictor(true);
    const predictor = await this.#predictor;
    return predictor.logits(sequences, {
      batchSize: options.batchSize ?? BATCH_SIZE,
      signal: options.signal,
    });
  }

  /** Documents by score, best first; equal scores keep the order given. */
  async rank(
    query: string,
    documents: readonly string[],
    options: RankOptions = {},
  ): Promise<RankedDocument[]> {
    const scores = await this.predict(
      documents.map((document) => [query, document] as const),
      options,
    );
    return documents
      .map((text, corpusId) => ({
        corpusId,
        score: scores[corpusId] as number,
        ...(options.returnDocuments && { text }),
      }))
      .sort((a, b) => b.score - a.score || a.corpusId - b.corpusId)
      .slice(0, options.topK ?? documents.length);
  }

  /** Writes a folder that SBERT, Transformers.js and ONNX Runtime open; whole or not at all. */
  async save(folder: string, options: SaveOptions = {}): Promise<void> {
    const extraFiles = new Map<string, FileContent>(options.extraFiles);
    if (options.onnx) {
      extraFiles.set('onnx/model.onnx', onnxModel(this.architecture, this.config, this.weights));
    }
    await writeModelFolder(
      folder,
      {
        config: this.config,
        numLabels: this.numLabels,
        maxLength: this.maxLength,
        activation: this.activation,
        weights: this.weights,
        tokenizer: this.tokenizer,
        readme: options.readme ?? '',
        storage: options.storage ?? 'F32',
        extraFiles,
      },
      { replace: options.replace ?? false },
    );
  }

  /** What scores encoded pairs; with `storeWeights` false it follows the weights as training changes them. */
  async createPredictor(storeWeights: boolean): Promise<Predictor> {
    const { architecture, config, weights, tokenizer, maxLength } = this;
    const ranges =
      this.dtype === 'int8' && storeWeights
        ? await calibrate(architecture, config, weights, tokenizer, maxLength)
        : undefined;
    return Predictor.create({
      architecture,
      config,
      weights,
      storeWeights,
      ...(ranges && { ranges }),
      ...(this.#threads !== undefined && { threads: this.#threads }),
    });
  }

  /** Says that the weights are others now: the next prediction prepares them anew. */
  async weightsChanged(): Promise<void> {
    const stale = this.#predictor;
    this.#predictor = undefined;
    await (await stale)?.release();
  }

  /** Frees the memory that ONNX Runtime holds; the next prediction takes it again. */
  async release(): Promise<void> {
    const held = [await this.#predictor, await this.#following];
    this.#predictor = undefined;
    this.#following = undefined;
    for (const predictor of held) await predictor?.release();
  }

  #with(parts: Partial<Pick<CrossEncoder, 'config' | 'weights' | 'activation'>>): CrossEncoder {
    const { config, weights, tokenizer, maxLength, activation } = this;
    return new CrossEncoder(
      { config, weights, tokenizer, maxLength, activation, ...parts },
      { threads: this.#threads, dtype: this.dtype },
    );
  }
}
