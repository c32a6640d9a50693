/** Loads a model folder as the parts of a cross-encoder, with a new head where it has none. */
import type { ModelConfig } from '../architectures/architecture.js';
import { initialHead } from '../architectures/head.js';
import { architectureOf } from '../architectures/index.js';
import { type ModelFolder, readModelFolder } from './hugging-face-folder.js';

/** What a cross-encoder is made of. */
export type ModelParts = Pick<
  ModelFolder,
  'config' | 'weights' | 'tokenizer' | 'maxLength' | 'activation'
>;

export interface LoadModelOptions {
  /** Seeds a head that the checkpoint lacks. */
  readonly seed: number;
  /** Tokens of a pair at most; what the model allows when absent. */
  readonly maxLength?: number | undefined;
  /** Replaces keys of `config.json`. */
  readonly configKwargs?: ModelConfig | undefined;
}

export async function loadModel(
  folder: string,
  { seed, maxLength, configKwargs }: LoadModelOptions,
): Promise<{ parts: ModelParts; warnings: string[] }> {
  const read = await readModelFolder(folder);
  const warnings = [...read.warnings];
  if (read.missingHead.length > 0) {
    const drawn = initialHead(architectureOf(read.config), read.config, seed);
    for (const name of read.missingHead) read.weights.set(name, drawn.get(name)!);
    warnings.push(
      `The model has no head (${read.missingHead.join(', ')}). A new head was initialized from seed ${seed}: train the model before use.`,
    );
  }
  const parts = {
    ...read,
    config: { ...read.config, ...configKwargs },
    maxLength: Math.min(read.maxLength, maxLength ?? read.maxLength),
  };
  return { parts, warnings };
}
