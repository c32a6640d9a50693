/**
 * Reads and writes a cross-encoder as a Hugging Face folder. Reading needs a config, safetensors
 * weights and a tokenizer; sentence-transformers and Transformers.js open what is written.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelConfig } from '../architectures/architecture.js';
import { withLabels } from '../architectures/head.js';
import { architectureOf, supportedModelTypes } from '../architectures/index.js';
import type { ActivationName } from '../prediction/scores.js';
import { Tokenizer } from '../tokenization/tokenizer.js';
import { type FileContent, writeFolderAtomically } from './atomic-write.js';
import { fitWeights } from './fit-weights.js';
import { readJsonObject } from './json-file.js';
import { ModelFolderError } from './model-folder-error.js';
import {
  lookUpActivation,
  sentenceTransformersFiles,
  withActivationKeys,
} from './predict-activation.js';
import { readSafetensors, serializeSafetensors, type WeightStorage } from './safetensors.js';
import type { Weights } from './weights.js';

/** The content of a model folder. */
export interface ModelFolder {
  /** `config.json`, with an `id2label` of `numLabels` entries. */
  readonly config: ModelConfig;
  readonly numLabels: number;
  /** The longest sequence in tokens, special ones included. */
  readonly maxLength: number;
  readonly activation: ActivationName;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  /** Weights of the head that a bare encoder lacks; to be drawn from a seed. */
  readonly missingHead: readonly string[];
  /** Tensors in the file that the model does not use. */
  readonly unusedTensors: readonly string[];
  /** Problems that did not prevent loading. */
  readonly warnings: readonly string[];
}

/** What `writeModelFolder` writes. */
export interface ModelFolderContent {
  readonly config: ModelConfig;
  readonly numLabels: number;
  readonly maxLength: number;
  readonly activation: ActivationName;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  /** The model card, Markdown with YAML front matter. */
  readonly readme: string;
  /** How weights are stored; F32 when absent. */
  readonly storage?: WeightStorage;
  /** Further files by name, such as `onnx/model.onnx`. */
  readonly extraFiles?: ReadonlyMap<string, FileContent>;
}

const MAXIMUM_JSON_BYTES = 10 * 1024 * 1024;
const USUAL_MAXIMUM_LENGTH = 512;
/** More labels than any classifier of pairs has. Each gets a name and a row of the head. */
const MOST_LABELS = 100_000;

/**
 * Reads a model folder; `config.json`, `model.safetensors` and `tokenizer.json` or `vocab.txt`
 * are enough. Pickled weights (.bin, .pt, .pkl) are never opened.
 * @throws {ModelFolderError} for missing or unsupported files and for weights that do not fit;
 *   {SafetensorsError} and {TokenizerError} for those files.
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const rawConfig = await readJson(folder, 'config.json');
  if (rawConfig === undefined) {
    throw new ModelFolderError(
      'missing',
      folder,
      'expected a model folder with config.json, model.safetensors and tokenizer.json, found no config.json.',
    );
  }
  refuseUnknownFamily(folder, rawConfig);
  const numLabels = readNumLabels(folder, rawConfig);
  const config = withLabels(rawConfig, numLabels);
  await refuseWithoutSafetensors(folder);
  const tokenizer = await Tokenizer.load(folder);
  refuseTokensWithoutEmbedding(folder, tokenizer, config);
  const settings = await readCrossEncoderSettings(folder);
  const { activation, warning } = lookUpActivation(config, settings.model, numLabels);
  const { weights: found, skipped } = await readSafetensors(join(folder, 'model.safetensors'));
  const architecture = architectureOf(config);
  const { weights, missingHead, unused } = fitWeights(folder, found, architecture, config);
  return {
    config,
    numLabels,
    maxLength: readMaxLength(
      architecture.dimensions(config).maxPositions,
      settings.transformer,
      tokenizer,
    ),
    activation,
    weights,
    tokenizer,
    missingHead,
    unusedTensors: [...unused, ...skipped],
    warnings: warning === undefined ? [] : [warning],
  };
}

/**
 * Writes a model folder that appears whole or not at all.
 * @throws {AtomicWriteError} if the folder has files and `replace` is not set, or the disk fails;
 *   {ModelFolderError} if `replace` would remove a folder that is not a model; {SafetensorsError} for
 *   weights that cannot be stored. Then nothing is changed.
 */
export async function writeModelFolder(
  folder: string,
  content: ModelFolderContent,
  options: { replace?: boolean } = {},
): Promise<void> {
  const { weights, storage = 'F32', tokenizer, activation, maxLength } = content;
  if (options.replace) await refuseToReplaceOthers(folder);
  const files = new Map<string, FileContent>([
    ['config.json', `${JSON.stringify(savedConfig(content), null, 2)}\n`],
    ...sentenceTransformersFiles(activation),
    ...tokenizer.files({ maxLength }),
    ['model.safetensors', serializeSafetensors(weights, { storage })],
    ['README.md', content.readme],
    ...(content.extraFiles ?? []),
  ]);
  await writeFolderAtomically(folder, files, options);
}

/** Replacing deletes the old folder, so only a model folder may be replaced. */
async function refuseToReplaceOthers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.length === 0 || names.includes('config.json')) return;
  throw new ModelFolderError(
    'not-a-model',
    folder,
    'expected a model folder to replace, found a folder with other files. Choose another folder. Nothing was changed.',
  );
}

function savedConfig({ config, numLabels, activation }: ModelFolderContent): ModelConfig {
  const saved: Record<string, unknown> = withActivationKeys(
    withLabels(config, numLabels),
    activation,
  );
  for (const key of ['_name_or_path', 'torch_dtype']) delete saved[key];
  saved.architectures = [classifierName(config)];
  saved.dtype = 'float32'; // readers widen stored halves and compute as we do
  return saved;
}

/** `BertModel`, `BertForMaskedLM` or nothing becomes `BertForSequenceClassification`. */
function classifierName({ architectures, model_type: modelType }: ModelConfig): string {
  const named = Array.isArray(architectures) ? String(architectures[0] ?? '') : '';
  const family = named.replace(/(?:Model|For[A-Z].*|LMHead.*)$/, '');
  const usual = String(modelType).replace(/^./, (letter) => letter.toUpperCase());
  return `${family || usual}ForSequenceClassification`;
}

function refuseUnknownFamily(folder: string, { model_type: modelType }: ModelConfig): void {
  const supported = supportedModelTypes();
  if (typeof modelType === 'string' && supported.includes(modelType)) return;
  throw new ModelFolderError(
    'unsupported-model-type',
    folder,
    `expected a model of type ${supported.join(', ')}, got ${JSON.stringify(modelType) ?? 'none'} in config.json. Choose a base model of a supported family.`,
  );
}

/** As in sentence-transformers: a classifier states it, or has two by default; any other model gets one. */
function readNumLabels(folder: string, config: ModelConfig): number {
  const { architectures, id2label, num_labels: stated } = config;
  const isClassifier =
    Array.isArray(architectures) && /ForSequenceClassification$/.test(String(architectures[0]));
  if (!isClassifier) return 1;
  const isListed = typeof id2label === 'object' && id2label !== null;
  const count = isListed ? Object.keys(id2label).length : (stated ?? 2);
  if (Number.isInteger(count) && Number(count) >= 1 && Number(count) <= MOST_LABELS) {
    return Number(count);
  }
  throw new ModelFolderError(
    'bad-config',
    folder,
    `config.json: expected id2label or num_labels to name 1 to ${MOST_LABELS} labels, got ${JSON.stringify(count)}.`,
  );
}

/** The settings of a sentence-transformers cross-encoder; those of a bi-encoder do not apply. */
async function readCrossEncoderSettings(
  folder: string,
): Promise<{ model?: ModelConfig; transformer?: ModelConfig }> {
  const model = await readJson(folder, 'config_sentence_transformers.json');
  if (model?.model_type !== 'CrossEncoder') return {};
  const transformer = await readJson(folder, 'sentence_bert_config.json');
  return transformer ? { model, transformer } : { model };
}

function readMaxLength(
  maxPositions: number,
  transformerSettings: ModelConfig | undefined,
  tokenizer: Tokenizer,
): number {
  const stated = [transformerSettings?.max_seq_length ?? tokenizer.maxLength, maxPositions];
  const lengths = stated.filter((length) => Number.isInteger(length) && Number(length) > 0);
  return lengths.length > 0 ? Math.min(...lengths.map(Number)) : USUAL_MAXIMUM_LENGTH;
}

function refuseTokensWithoutEmbedding(
  folder: string,
  tokenizer: Tokenizer,
  { vocab_size: size }: ModelConfig,
): void {
  if (typeof size !== 'number') return;
  for (const [token, id] of tokenizer.vocabulary) {
    if (id < size) continue;
    throw new ModelFolderError(
      'tokenizer-mismatch',
      folder,
      `the token ${JSON.stringify(token)} has the id ${id}, expected ids below the vocab_size ${size} of config.json. Are tokenizer and weights from the same model?`,
    );
  }
}

async function refuseWithoutSafetensors(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.includes('model.safetensors')) return;
  const pickled = names.filter((name) => /\.(?:bin|pt|pth|pkl|pickle|ckpt)$/.test(name));
  if (pickled.length > 0) {
    throw new ModelFolderError(
      'pickle-only',
      folder,
      `expected model.safetensors, found ${pickled.join(', ')}. These files are Python pickles, which can run code when opened, so they are not opened. ` +
        'If you trust the model, convert it once with Python: AutoModelForSequenceClassification.from_pretrained(path).save_pretrained(path, safe_serialization=True).',
    );
  }
  if (names.includes('model.safetensors.index.json')) {
    throw new ModelFolderError(
      'missing',
      folder,
      'expected the weights in one model.safetensors, found them split into several files. Save the model with a larger max_shard_size.',
    );
  }
  throw new ModelFolderError(
    'missing',
    folder,
    `expected model.safetensors, found ${names.slice(0, 20).join(', ') || 'nothing'}. Copy the weights into the folder.`,
  );
}

async function readJson(folder: string, name: string): Promise<ModelConfig | undefined> {
  try {
    return await readJsonObject(join(folder, name), MAXIMUM_JSON_BYTES);
  } catch (error) {
    throw new ModelFolderError('bad-config', folder, (error as Error).message);
  }
}
