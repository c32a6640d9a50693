import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bert } from '../../src/architectures/bert.js';
import {
  type ModelFolder,
  readModelFolder,
  writeModelFolder,
} from '../../src/formats/hugging-face-folder.js';
import { ModelFolderError } from '../../src/formats/model-folder-error.js';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js';
import type { Weights } from '../../src/formats/weights.js';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
let parent: string;
let folder: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'model-'));
  folder = join(parent, 'tiny');
  await cp(join(fixtures, 'formats/tiny-cross-encoder'), folder, { recursive: true });
  await cp(
    join(fixtures, 'tokenization/small-bert/tokenizer.json'),
    join(folder, 'tokenizer.json'),
  );
});
afterEach(() => rm(parent, { recursive: true }));

const read = () => readModelFolder(folder);
const readConfig = async () => JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
const put = (name: string, value: unknown) =>
  writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
const putConfig = async (changes: object) =>
  put('config.json', { ...(await readConfig()), ...changes });

const putSettings = (settings: object) =>
  put('config_sentence_transformers.json', { model_type: 'CrossEncoder', ...settings });

async function changeWeights(change: (weights: Weights) => Weights): Promise<void> {
  const path = join(folder, 'model.safetensors');
  const { weights } = await readSafetensors(path);
  await writeSafetensors(path, change(weights));
}

async function refusal(): Promise<ModelFolderError> {
  const error = await read().catch((e) => e);
  expect(error).toBeInstanceOf(ModelFolderError);
  expect(error.message).toContain(folder);
  return error;
}

describe('a folder written by transformers', () => {
  test('loads with only config.json, model.safetensors and tokenizer.json', async () => {
    expect((await readdir(folder)).length).toBe(3);
    const model = await read();
    expect(model).toMatchObject({
      config: { model_type: 'bert' },
      numLabels: 1,
      maxLength: 64,
      activation: 'Sigmoid',
      missingHead: [],
      unusedTensors: [],
      warnings: [],
    });
    expect([...model.weights.keys()]).toEqual([...bert.parameterShapes(model.config).keys()]);
    expect(model.tokenizer.encodePair('a', 'b', 64).inputIds.length).toBe(5);
  });

  test('loads a bare encoder with the names of old checkpoints, and misses only the head', async () => {
    await putConfig({ architectures: ['BertModel'], id2label: undefined });
    await changeWeights((weights) => {
      const bare: Weights = new Map();
      for (const [name, tensor] of weights) {
        if (bert.isHead(name)) continue;
        const old = name
          .replace('LayerNorm.weight', 'LayerNorm.gamma')
          .replace('LayerNorm.bias', 'LayerNorm.beta');
        bare.set(old.replace('bert.', ''), tensor);
      }
      return bare.set('cls.predictions.bias', { shape: [1], data: Float32Array.of(0) });
    });
    const model = await read();
    expect(model.numLabels).toBe(1);
    expect(model.missingHead).toEqual([
      'bert.pooler.dense.weight',
      'bert.pooler.dense.bias',
      'classifier.weight',
      'classifier.bias',
    ]);
    expect(model.unusedTensors).toEqual(['cls.predictions.bias']);
  });
});

describe('labels and length are read as sentence-transformers reads them', () => {
  test.each<[object, number]>([
    [{ id2label: { 0: 'LABEL_0' } }, 1],
    [{ id2label: { 0: 'no', 1: 'maybe', 2: 'yes' } }, 3],
    [{ id2label: undefined }, 2], // transformers leaves out what is its default
    [{ architectures: ['BertModel'], id2label: { 0: 'a', 1: 'b' } }, 1],
  ])('labels of %j', async (changes, numLabels) => {
    await putConfig(changes);
    await changeWeights((weights) =>
      weights
        .set('classifier.weight', { shape: [numLabels, 8], data: new Float32Array(numLabels * 8) })
        .set('classifier.bias', { shape: [numLabels], data: new Float32Array(numLabels) }),
    );
    const model = await read();
    expect(model.numLabels).toBe(numLabels);
    expect(Object.keys(model.config.id2label as object).length).toBe(numLabels);
  });

  test.each<[string, object, number]>([
    ['tokenizer_config.json', { model_max_length: 48 }, 48],
    ['tokenizer_config.json', { model_max_length: 1e30 }, 64],
    ['sentence_bert_config.json', { max_seq_length: 32 }, 32],
  ])('the length in %s %j', async (name, content, maxLength) => {
    await putSettings({});
    await put(name, content);
    expect((await read()).maxLength).toBe(maxLength);
  });
});

test('the settings of a bi-encoder are ignored', async () => {
  await put('config_sentence_transformers.json', { activation_fn: 'torch.nn.Identity' });
  await put('sentence_bert_config.json', { max_seq_length: 16 });
  expect(await read()).toMatchObject({ maxLength: 64, activation: 'Sigmoid' });
});

describe('the activation is looked up in the order of sentence-transformers 6.2', () => {
  const identity = 'torch.nn.modules.linear.Identity';
  const sigmoid = 'torch.nn.modules.activation.Sigmoid';
  test.each<[string, object, object | undefined, string]>([
    ['the default of one label', {}, undefined, 'Sigmoid'],
    ['the oldest key', { sbert_ce_default_activation_function: identity }, undefined, 'Identity'],
    [
      'its short spelling',
      { sbert_ce_default_activation_function: 'torch.nn.Identity' },
      undefined,
      'Identity',
    ],
    [
      'the key of versions 4 and 5 before the oldest',
      {
        sentence_transformers: { activation_fn: identity },
        sbert_ce_default_activation_function: sigmoid,
      },
      undefined,
      'Identity',
    ],
    [
      'the new file before them',
      { sbert_ce_default_activation_function: sigmoid },
      { activation_fn: identity },
      'Identity',
    ],
    [
      'past a new file that says nothing',
      { sbert_ce_default_activation_function: identity },
      {},
      'Identity',
    ],
  ])('%s', async (_, changes, file, activation) => {
    await putConfig(changes);
    if (file) await putSettings(file);
    expect(await read()).toMatchObject({ activation, warnings: [] });
  });

  test('an unknown class is not run: the default is used, with a warning', async () => {
    await putSettings({ activation_fn: 'evil.module.Run' });
    const { activation, warnings } = await read();
    expect(activation).toBe('Sigmoid');
    expect(warnings[0]).toContain('evil.module.Run');
  });
});

describe('an unusable folder is refused, and the error says what to do', () => {
  test('no folder, or no config.json', async () => {
    await rm(join(folder, 'config.json'));
    expect((await refusal()).code).toBe('missing');
    await rm(folder, { recursive: true });
    expect((await refusal()).code).toBe('missing');
  });

  test('pickled weights alone, which are never opened', async () => {
    await rm(join(folder, 'model.safetensors'));
    await put('pytorch_model.bin', 'cos\nsystem\n');
    const error = await refusal();
    expect(error.code).toBe('pickle-only');
    expect(error.message).toMatch(/pytorch_model\.bin.*run code.*safe_serialization/s);
  });

  test('weights split into several files, or none at all', async () => {
    await rm(join(folder, 'model.safetensors'));
    expect((await refusal()).code).toBe('missing');
    await put('model.safetensors.index.json', {});
    expect((await refusal()).message).toMatch(/split into several/);
  });

  test('a model of an unsupported family, with a list of the supported ones', async () => {
    await putConfig({ model_type: 't5' });
    const error = await refusal();
    expect(error.code).toBe('unsupported-model-type');
    expect(error.message).toMatch(/expected a model of type bert, got "t5"/);
  });

  test('weights that do not fit, naming the tensor and both shapes', async () => {
    await putConfig({ intermediate_size: 12 });
    const error = await refusal();
    expect(error.code).toBe('shape-mismatch');
    expect(error.message).toMatch(
      /layer\.0\.intermediate\.dense\.weight.*\[12, 8\], got \[16, 8\]/,
    );
  });

  test('a weight that is missing and is not part of the head', async () => {
    await changeWeights((weights) => {
      weights.delete('bert.encoder.layer.0.output.dense.bias');
      return weights;
    });
    const error = await refusal();
    expect(error.code).toBe('missing-tensor');
    expect(error.message).toContain('bert.encoder.layer.0.output.dense.bias');
  });

  test('a tokenizer with more tokens than the model', async () => {
    await putConfig({ vocab_size: 1000 });
    expect((await refusal()).code).toBe('tokenizer-mismatch');
  });

  test('more labels than any model has, before they get names', async () => {
    await putConfig({ id2label: undefined, num_labels: 200_000 });
    const error = await refusal();
    expect(error.code).toBe('bad-config');
    expect(error.message).toMatch(/1 to 100000 labels, got 200000/);
  });

  test.each(['{"a":', '[]', '{"a":1,"a":2}', `${'['.repeat(1e5)}`])(
    'a config.json of %.20s',
    async (text) => {
      await put('config.json', text);
      expect((await refusal()).code).toBe('bad-config');
    },
  );
});

describe('a written folder', () => {
  const content = (model: ModelFolder) => ({ ...model, readme: '---\nlicense: mit\n---\n' });

  test('reads back with the same weights, settings and unknown keys', async () => {
    await putConfig({ something_of_mine: [1, 2], _name_or_path: '/home/me/model' });
    const model = await read();
    const target = join(parent, 'saved');
    await writeModelFolder(target, {
      ...content(model),
      activation: 'Identity',
      maxLength: 40,
      extraFiles: new Map([['onnx/model.onnx', Buffer.from('onnx')]]),
    });
    expect((await readdir(target)).sort()).toEqual([
      'README.md',
      'config.json',
      'config_sentence_transformers.json',
      'model.safetensors',
      'modules.json',
      'onnx',
      'sentence_bert_config.json',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
    const again = await readModelFolder(target);
    expect(again.weights).toEqual(model.weights);
    expect(again).toMatchObject({ activation: 'Identity', maxLength: 40, numLabels: 1 });
    expect(again.config.something_of_mine).toEqual([1, 2]);
    expect(JSON.stringify(again.config)).not.toContain('/home');
  });

  test('states its activation for every version of its readers', async () => {
    const target = join(parent, 'saved');
    await writeModelFolder(target, { ...content(await read()), activation: 'Identity' });
    await rm(join(target, 'config_sentence_transformers.json'));
    expect((await readModelFolder(target)).activation).toBe('Identity');
    const config = JSON.parse(await readFile(join(target, 'config.json'), 'utf8'));
    delete config.sentence_transformers;
    await writeFile(join(target, 'config.json'), JSON.stringify(config));
    expect((await readModelFolder(target)).activation).toBe('Identity');
  });

  test('names a sequence classifier with the wanted number of labels, for any base model', async () => {
    await putConfig({ architectures: ['BertForMaskedLM'] });
    const model = await read();
    const weights = new Map(model.weights)
      .set('classifier.weight', { shape: [2, 8], data: new Float32Array(16) })
      .set('classifier.bias', { shape: [2], data: new Float32Array(2) });
    const target = join(parent, 'saved');
    await writeModelFolder(target, { ...content(model), weights, numLabels: 2 });
    const again = await readModelFolder(target);
    expect(again.numLabels).toBe(2);
    expect(again.config.architectures).toEqual(['BertForSequenceClassification']);
  });

  test('in half precision keeps weights that were halves', async () => {
    const model = await read();
    const target = join(parent, 'half');
    await writeModelFolder(target, { ...content(model), storage: 'F16' });
    expect((await readModelFolder(target)).weights).toEqual(model.weights);
  });

  test('replaces a model only with replace, and never another folder', async () => {
    const model = content(await read());
    await expect(writeModelFolder(folder, model)).rejects.toMatchObject({ code: 'exists' });
    await writeModelFolder(folder, model, { replace: true });
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe(model.readme);
    const documents = join(parent, 'documents');
    await mkdir(documents);
    await writeFile(join(documents, 'thesis.txt'), 'years of work');
    await expect(writeModelFolder(documents, model, { replace: true })).rejects.toMatchObject({
      code: 'not-a-model',
    });
    expect(await readdir(documents)).toEqual(['thesis.txt']);
  });

  test('does not appear if its weights cannot be stored', async () => {
    const model = content(await read());
    model.weights.set('classifier.bias', { shape: [1], data: Float32Array.of(Number.NaN) });
    await expect(writeModelFolder(join(parent, 'nan'), model)).rejects.toThrow(/classifier\.bias/);
    expect(await readdir(parent)).toEqual(['tiny']);
  });
});
