/** The child that holds the model that serves: one batch after the other, until it is let go. */
import { CrossEncoder, rerankScores } from '@learning-reranker/cross-encoder';
import { failureOf } from '../processes/child.js';
import type { HostAnswer, HostRequest, ScoredBatch } from './model-host.js';

let model: Promise<CrossEncoder> | undefined;

async function load({ path, maxLength, dtype }: Extract<HostRequest, { type: 'load' }>) {
  const loading = CrossEncoder.load(path, { maxLength, dtype });
  model = loading;
  // The first run prepares the graph, and shows whether the model computes at all: an ordinary pair, the
  // shortest, and one longer than it reads.
  const logits = await (await loading).logits([
    ['a query', 'a document'],
    ['', ''],
    ['a query', 'a document '.repeat(maxLength)],
  ]);
  if (!logits.every(Number.isFinite)) throw new Error(`${path}: the model's score is no number`);
  // Fails for a model of more classes than can be a score.
  rerankScores(logits, (await loading).numLabels, 'Identity');
}

async function score(request: Extract<HostRequest, { type: 'score' }>): Promise<ScoredBatch> {
  if (!model) throw new Error('no model was loaded');
  const loaded = await model;
  const began = performance.now();
  const encodings = request.pairs.flatMap(({ query, document, maxDocumentTokens }) =>
    loaded.encode([[query, document]], { maxDocumentTokens }),
  );
  const tokenized = performance.now();
  const all = await loaded.logitsOf(encodings, { batchSize: request.pairs.length });
  return {
    logits: rerankScores(all, loaded.numLabels, 'Identity'),
    tokens: Int32Array.from(encodings, ({ inputIds }) => inputIds.length),
    truncated: Uint8Array.from(encodings, (one) => Number(one.truncated)),
    tokenizeMs: tokenized - began,
    inferenceMs: performance.now() - tokenized,
  };
}

async function answer(request: HostRequest): Promise<HostAnswer> {
  if (request.type === 'score') return { id: request.id, batch: await score(request) };
  await load(request);
  return { id: request.id };
}

// Ctrl-C reaches the whole process group; the parent decides what it means.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
let last: Promise<unknown> = Promise.resolve();
process.on('message', (request: HostRequest) => {
  // One after the other, so that a batch's times are its own.
  last = last
    .then(() => answer(request))
    .catch((error: unknown): HostAnswer => ({ id: request.id, error: failureOf(error) }))
    .then((reply) => process.send?.(reply))
    .catch(() => process.exit(1));
});
