/** The child process that holds a model and scores pairs with it. */
import { CrossEncoder, type Dtype, rerankScores } from '@learning-reranker/cross-encoder';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { serveCalls } from './child.js';

export interface LoadRequest {
  readonly path: string;
  /** Tokens of a pair at most; the model's own limit when null. */
  readonly maxLength: number | null;
  readonly dtype: Dtype;
}

export interface ScoreRequest {
  readonly pairs: readonly (readonly [query: string, document: string])[];
  /** Tokens of a document at most. */
  readonly maxDocumentTokens?: number | undefined;
  /** Pairs in one run of the model at most. */
  readonly batchSize: number;
}

/** A value for each pair, and the time they took. */
export interface ScoredPairs {
  /** Raw logits. With two classes the difference of theirs, whose sigmoid is the probability of class 1. */
  readonly logits: Float32Array;
  readonly tokens: Int32Array;
  /** 1 where the pair was longer than the model reads. */
  readonly truncated: Uint8Array;
  readonly tokenizeMs: number;
  readonly inferenceMs: number;
}

/** A model whose scores are not numbers. */
class ModelOutputError extends TypedError {
  override readonly name = 'ModelOutputError';
  readonly kind = 'damaged';
}

let model: CrossEncoder | undefined;

async function load({ path, maxLength, dtype }: LoadRequest): Promise<void> {
  model = await CrossEncoder.load(path, { dtype, ...(maxLength !== null && { maxLength }) });
  // The first run prepares the graph and checks the model: with an ordinary pair, the shortest, and one too long.
  const logits = await model.logits([
    ['a query', 'a document'],
    ['', ''],
    ['a query', 'a document '.repeat(model.maxLength)],
  ]);
  if (!logits.every(Number.isFinite)) {
    throw new ModelOutputError(
      `The model in ${path} computes scores that are not numbers: its weights are damaged. Choose another model.`,
    );
  }
  // Throws for a model with more classes than a score can have.
  rerankScores(logits, model.numLabels, 'Identity');
}

async function score(request: ScoreRequest): Promise<ScoredPairs> {
  if (!model) throw new Error('no model is loaded');
  const { pairs, maxDocumentTokens, batchSize } = request;
  const began = performance.now();
  const encodings = model.encode(pairs, { maxDocumentTokens });
  const tokenized = performance.now();
  const logits = await model.logitsOf(encodings, { batchSize });
  return {
    logits: rerankScores(logits, model.numLabels, 'Identity'),
    tokens: Int32Array.from(encodings, ({ inputIds }) => inputIds.length),
    truncated: Uint8Array.from(encodings, (one) => Number(one.truncated)),
    tokenizeMs: tokenized - began,
    inferenceMs: performance.now() - tokenized,
  };
}

const functions = { load, score };
export type ModelFunctions = typeof functions;

serveCalls(functions);
