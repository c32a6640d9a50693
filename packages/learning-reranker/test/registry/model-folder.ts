/** Small complete models for tests. The registry reads files and manifests, never weights. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finishModel, type ModelManifest } from '../../src/registry/index.js';

export async function makeModel(dataDir: string, id: string): Promise<ModelManifest> {
  const folder = join(dataDir, 'models', id);
  await mkdir(join(folder, 'onnx'), { recursive: true });
  await writeFile(join(folder, 'model.safetensors'), `weights of ${id}`);
  await writeFile(join(folder, 'onnx', 'model.onnx'), `graph of ${id}`);
  return finishModel(folder, {
    version: 1,
    id,
    created: '2026-01-02T03:04:05.000Z',
    loss: { name: 'CrossEntropyLoss', alias: 'softmax', parameters: {} },
    base: 'starter',
    head: 'converted',
    datasetHash: '0123456789abcdef',
    seed: 42,
    trainingArguments: { learningRate: 5e-5 },
    training: { steps: 10, rows: 160, loss: 0.5, seconds: 1 },
    blendAlpha: null,
    evaluation: null,
    versions: { node: '20.19.0' },
  });
}
