/** The child that holds a model and scores pairs for its parent until it is let go. */
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { failureOf } from './child.js';
import type { ModelAnswer, ModelRequest } from './model-scorer.js';

let model: Promise<CrossEncoder> | undefined;

async function answer(request: ModelRequest): Promise<ModelAnswer> {
  if (request.type === 'load') {
    const { maxLength, dtype } = request;
    model = CrossEncoder.load(request.path, {
      dtype,
      ...(maxLength !== null && { maxLength }),
    });
    const { numLabels } = await model;
    return { id: request.id, numLabels };
  }
  if (!model) throw new Error('no model was loaded');
  // Scores are probabilities whatever the model was saved with: the product's contract.
  const scores = await (await model).predict(request.pairs, {
    activation: 'Sigmoid',
    batchSize: request.batchSize,
  });
  return { id: request.id, scores };
}

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.on('message', (request: ModelRequest) => {
  answer(request)
    .catch((error: unknown): ModelAnswer => ({ id: request.id, error: failureOf(error) }))
    .then((reply) => process.send?.(reply))
    .catch(() => process.exit(1));
});
