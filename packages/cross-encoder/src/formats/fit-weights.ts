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
      if (!architecture.isHead(name)) {
        throw new ModelFolderError(
          'missing-tensor',
          folder,
          `model.safetensors has no tensor ${JSON.stringify(name)}, which config.json requires. Are both from the same model?`,
        );
      }
      missingHead.push(name);
      continue;
    }
    const tensor = found.get(written) as WeightTensor;
    if (tensor.shape.join() !== shape.join()) {
      throw new ModelFolderError(
        'shape-mismatch',
        folder,
        `the tensor ${JSON.stringify(written)} does not fit config.json: expected shape [${shape.join(', ')}], got [${tensor.shape.join(', ')}]. Are both from the same model?`,
      );
    }
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
