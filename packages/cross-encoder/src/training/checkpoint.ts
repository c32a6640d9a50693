/** A checkpoint: a model folder that also holds what a training needs to continue exactly. */
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TypedError } from '@learning-reranker/onnx-autodiff/errors';
import type { CrossEncoder } from '../cross-encoder.js';
import { readSafetensors, serializeSafetensors } from '../formats/safetensors.js';
import type { Weights } from '../formats/weights.js';
import type { RandomState } from '../random/seeded-random.js';
import { isTouched, type OptimizedParameter } from './adamw.js';

/** The state of a training. */
export interface TrainerState {
  readonly version: 1;
  /** Updates made. */
  readonly step: number;
  readonly epoch: number;
  /** Batches of the epoch that have been used. */
  readonly batchInEpoch: number;
  readonly bestStep: number | null;
  readonly bestMetric: number | null;
  /** Evaluations since the best one. */
  readonly evaluationsWithoutImprovement: number;
  /** Sum over all updates, also those before a resume. Older checkpoints lack it. */
  readonly losses?: { readonly sum: number; readonly updates: number };
  readonly random: { readonly negatives: RandomState; readonly masks: RandomState };
  /** A hash of data, loss and arguments. Only a training with the same hash can resume from here. */
  readonly fingerprint: string;
}

/** A checkpoint that a training cannot resume from. */
export class CheckpointError extends TypedError {
  override readonly name = 'CheckpointError';
  readonly kind = 'damaged';
}

const STATE_FILE = 'trainer_state.json';
const OPTIMIZER_FILE = 'optimizer.safetensors';

/** Writes `checkpoint-<step>` into a folder, whole or not at all, and gives its path. */
export async function writeCheckpoint(
  folder: string,
  model: CrossEncoder,
  parameters: readonly OptimizedParameter[],
  state: TrainerState,
): Promise<string> {
  const moments: Weights = new Map();
  for (const { name, weight, moments: own } of parameters) {
    moments.set(`first.${name}`, { shape: weight.shape, data: own.first });
    moments.set(`second.${name}`, { shape: weight.shape, data: own.second });
  }
  const path = join(folder, `checkpoint-${state.step}`);
  await model.save(path, {
    extraFiles: new Map<string, string | Iterable<Uint8Array>>([
      [OPTIMIZER_FILE, serializeSafetensors(moments)],
      [STATE_FILE, `${JSON.stringify(state, null, 2)}\n`],
    ]),
    replace: true,
  });
  return path;
}

/** The state of a checkpoint. Throws `CheckpointError` if it has none or belongs to another training. */
export async function readCheckpointState(
  path: string,
  fingerprint: string,
): Promise<TrainerState> {
  let state: TrainerState;
  try {
    state = JSON.parse(await readFile(join(path, STATE_FILE), 'utf8')) as TrainerState;
  } catch (cause) {
    throw new CheckpointError(`${path} is not a checkpoint: ${STATE_FILE} cannot be read.`, {
      cause,
    });
  }
  if (state?.version !== 1 || state.fingerprint !== fingerprint) {
    throw new CheckpointError(
      `${path} belongs to a training with other data, arguments or loss. Resume that training, or start this one from the beginning.`,
    );
  }
  return state;
}

/** Copies the weights and moments of a checkpoint into the memory of the optimizer. */
export async function restoreParameters(
  path: string,
  parameters: readonly OptimizedParameter[],
): Promise<void> {
  const { weights: saved } = await readSafetensors(join(path, 'model.safetensors'));
  const { weights: moments } = await readSafetensors(join(path, OPTIMIZER_FILE));
  const find = (from: Weights, name: string, length: number) => {
    const tensor = from.get(name);
    if (tensor?.data.length === length) return tensor.data;
    throw new CheckpointError(
      `${path}: the tensor '${name}' is missing or has another size. Resume from another checkpoint.`,
    );
  };
  // All are read before any is changed, so that a damaged checkpoint leaves the model as it is.
  const found = parameters.map(({ name, weight: { data } }) => ({
    weight: find(saved, name, data.length),
    first: find(moments, `first.${name}`, data.length),
    second: find(moments, `second.${name}`, data.length),
  }));
  parameters.forEach(({ weight, moments: own, rows }, index) => {
    const from = found[index] as (typeof found)[number];
    weight.data.set(from.weight);
    own.first.set(from.first);
    own.second.set(from.second);
    if (!rows) return;
    for (let row = 0; row < own.first.length / rows.width; row++) {
      if (isTouched(own, row, rows.width)) rows.touch(row);
    }
  });
}

/** Weights alone, for `loadBestModelAtEnd`. */
export async function restoreWeights(path: string, weights: Weights): Promise<void> {
  const { weights: saved } = await readSafetensors(join(path, 'model.safetensors'));
  for (const [name, { data }] of weights) {
    const tensor = saved.get(name);
    if (!tensor) throw new CheckpointError(`${path}: the tensor '${name}' is missing.`);
    data.set(tensor.data);
  }
}

/** The checkpoints in a folder, oldest first. */
export async function listCheckpoints(folder: string): Promise<{ step: number; path: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .map((name) => ({
      step: Number(/^checkpoint-(\d+)$/.exec(name)?.[1]),
      path: join(folder, name),
    }))
    .filter(({ step }) => Number.isInteger(step))
    .sort((a, b) => a.step - b.step);
}

/** The prefix of a checkpoint that is being removed, so that a killed process never leaves part of one. */
const REMOVED = '.removed-';

/** Removes the oldest checkpoints beyond `limit`, never those of the steps in `kept`. */
export async function removeOldCheckpoints(
  folder: string,
  limit: number,
  kept: readonly (number | null)[],
): Promise<void> {
  const checkpoints = await listCheckpoints(folder);
  const removable = checkpoints.filter(({ step }) => !kept.includes(step));
  const excess = checkpoints.length - limit;
  const doomed = removable.slice(0, Math.max(0, excess));
  await sweep(folder);
  for (const { path } of doomed) await rename(path, join(folder, `${REMOVED}${basename(path)}`));
  await sweep(folder);
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${REMOVED}checkpoint-`)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
