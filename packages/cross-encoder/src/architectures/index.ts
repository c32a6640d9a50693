/** The model families, by `model_type` in `config.json`. */
import { type Architecture, type ModelConfig, ModelConfigError } from './architecture.js';
import { bert } from './bert.js';

export const architectures: readonly Architecture[] = [bert];

/** The family a `config.json` belongs to; throws `ModelConfigError` for one that is not supported. */
export function architectureOf(config: ModelConfig): Architecture {
  const found = architectures.find((architecture) => architecture.modelType === config.model_type);
  if (found) return found;
  const supported = architectures.map((architecture) => architecture.modelType).join(', ');
  throw new ModelConfigError(
    `config.json: model_type ${JSON.stringify(config.model_type)} is not supported; supported: ${supported}`,
  );
}
