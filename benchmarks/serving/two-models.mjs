/** Makes a registry with two models: the starter, and the starter with slightly different scores. */
import { join } from 'node:path';
import { CrossEncoder } from '@learning-reranker/cross-encoder';
import { finishModel, modelsFolder, newModelId } from 'learning-reranker';
import { root } from '../shared/record.mjs';

export async function makeTwoModels(dataDir) {
  const ids = [];
  for (const [at, shift] of [0, 0.5].entries()) {
    const model = await CrossEncoder.load(join(root, 'models/starter'));
    const bias = model.weights.get('classifier.bias');
    for (let i = 0; i < bias.data.length; i++) bias.data[i] += shift;
    const id = newModelId('bce', new Date(Date.UTC(2026, 0, 1, 0, 0, at)));
    const path = join(modelsFolder(dataDir), id);
    await model.save(path);
    await finishModel(path, {
      version: 1,
      id,
      created: new Date().toISOString(),
      loss: { name: 'BinaryCrossEntropyLoss', alias: 'bce', parameters: {} },
      base: 'starter',
      head: 'kept',
      datasetHash: '0'.repeat(16),
      seed: 42,
      trainingArguments: {},
      training: { steps: 1, rows: 1, loss: 0, seconds: 0 },
      blendAlpha: null,
      evaluation: null,
      versions: {},
    });
    ids.push(id);
  }
  return ids;
}
