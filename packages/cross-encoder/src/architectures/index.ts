/** The model families, by `model_type` in `config.json`. */
import { type Architecture, type ModelConfig, ModelConfigError } from './architecture.js';
import { bert } from './bert.js';

const architectures = new Map<string, Architecture>();
for (const family of [bert]) registerArchitecture(family);

/** Registers a family, so that its models load. */
export function registerArchitecture(family: Architecture): void {
  architectures.set(family.modelType, family);
}

export function supportedModelTypes(): string[] {
  return [...architectures.keys()];
}

/** The family a `config.json` belongs to; throws `ModelConfigError` for one that is not supported. */
export function architectureOf(config: ModelConfig): Architecture {
  const found = architectures.get(String(config.model_type));
  if (found) return found;
  throw new ModelConfigError(
    `config.json: model_type ${JSON.stringify(config.model_type)} is not supported. Supported types: ${supportedModelTypes().join(', ')}.`,
  );
}
