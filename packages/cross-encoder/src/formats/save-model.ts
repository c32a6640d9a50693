/** Saves a cross-encoder as a model folder that SBERT, Transformers.js and ONNX Runtime open. */
import type { Architecture } from '../architectures/architecture.js';
import { onnxModel } from '../prediction/onnx-export.js';
import type { FileContent } from './atomic-write.js';
import { writeModelFolder } from './hugging-face-folder.js';
import type { ModelParts } from './load-model.js';
import type { WeightStorage } from './safetensors.js';

export interface SaveOptions {
  /** The model card; Markdown with YAML front matter. */
  readonly readme?: string;
  readonly storage?: WeightStorage;
  /** Whether to write `onnx/model.onnx` beside the weights. */
  readonly onnx?: boolean;
  readonly extraFiles?: ReadonlyMap<string, FileContent>;
  readonly replace?: boolean;
}

export async function saveModel(
  { architecture, ...parts }: ModelParts & { readonly architecture: Architecture },
  folder: string,
  { readme = '', storage = 'F32', onnx = false, extraFiles, replace = false }: SaveOptions,
): Promise<void> {
  const files = new Map<string, FileContent>(extraFiles);
  if (onnx) files.set('onnx/model.onnx', onnxModel(architecture, parts.config, parts.weights));
  const { numLabels } = architecture.dimensions(parts.config);
  const content = { ...parts, numLabels, readme, storage, extraFiles: files };
  await writeModelFolder(folder, content, { replace });
}
