/** Fits the tensors of a checkpoint to what a model expects, under the names it expects. */
import type { Architecture, ModelConfig } from '../architectures/architecture.js';
import { ModelFolderError } from './model-folder-error.js';
import type { Weights, WeightTensor } from './weights.js';

/**
 * Finds every expected tensor, also under the names of a bare encoder (without the leading
 * `bert.`) and of old checkpoints (`gamma`, `beta`), and checks its shape.
 * @throws {ModelFolderError} `missing-tensor` or `shape-mismatch`, naming the tensor.
 */
export function fitWeights(
  folder: string,
  found: Weights,
  architecture: Architecture,
  config: ModelConfig,
): { weights: Weights; missingHead: string[]; unused: string[] } {
  const weights: Weights = new Map();
  const missingHead: string[] = [];
  const unused = new Set(found.keys());
  for (const [name, shape] of architecture.parameterShapes(config)) {
    const written = otherNames(name).find((candidate) => found.has(candidate));
    if (written === undefined) {
      if (!architecture.isHead(name)) throw missing(folder, name);
      missingHead.push(name);
      continue;
    }
    const tensor = found.get(written) as WeightTensor;
    if (!sameShape(tensor.shape, shape)) throw mismatch(folder, written, shape, tensor.shape);
    weights.set(name, tensor);
    unused.delete(written);
  }
  return { weights, missingHead, unused: [...unused] };
}

function otherNames(name: string): string[] {
  const old = name
    .replace(/LayerNorm\.weight$/, 'LayerNorm.gamma')
    .replace(/LayerNorm\.bias$/, 'LayerNorm.beta');
  const bare = (one: string) => one.replace(/^[^.]+\.(?=[^.]+\.)/, '');
  return [name, old, bare(name), bare(old)];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function missing(folder: string, name: string): ModelFolderError {
  return new ModelFolderError(
    'missing-tensor',
    folder,
    `model.safetensors has no tensor ${JSON.stringify(name)}, which config.json asks for. Are both from the same model?`,
  );
}

function mismatch(
  folder: string,
  name: string,
  expected: readonly number[],
  found: readonly number[],
): ModelFolderError {
  return new ModelFolderError(
    'shape-mismatch',
    folder,
    `the tensor ${JSON.stringify(name)} does not fit config.json: expected shape [${expected.join(', ')}], got [${found.join(', ')}]. Are both from the same model?`,
  );
}
